/**
 * What primary and worker say to each other over the channel that the primary has made with the process (JSON). It is in
 * order, and its end is the end of the other one.
 */

import type { Problem } from '../config/config-error.js'

/** From the primary. */
export type Order =
  /** Once, when it has begun: what to serve, and under which name. `config` is as a file would hold it, references and all. */
  | {
      readonly type: 'serve'
      readonly name: string
      readonly config: object
      readonly directory: string
    }
  /** A client's connection: the socket comes with it. `head`: what was read from it, latin1. */
  | { readonly type: 'connection'; readonly head: string }
  /** Drain, and stay. */
  | { readonly type: 'drain' }
  /** Drain, stop, and end. */
  | { readonly type: 'stop' }

/** From a worker. */
export type Report =
  /** Once, first: it listens. What was said before that, others in its process may have heard in its place. */
  | { readonly type: 'begun' }
  /** It serves: connections are welcome. Paths are those of transports, and of observers on the admin listener. */
  | {
      readonly type: 'ready'
      readonly adminUrl: string | undefined
      readonly clientPaths: readonly string[]
      readonly operatorPaths: readonly string[]
    }
  /** Every `REPORT_MS`, as long as the event loop turns: the share of the time in which it was busy, and its peers. */
  | { readonly type: 'alive'; readonly load: number; readonly peers: number }
  /** The last connection has arrived: the next may be sent. */
  | { readonly type: 'took' }
  /** It can't serve, and ends. With problems: the config is to blame. */
  | { readonly type: 'failed'; readonly message: string; readonly problems: readonly Problem[] }

/** How often a worker says that its event loop turns, milliseconds. */
export const REPORT_MS = 500
