/** What a security check is, and what it may use. */

import type { EngineName } from '../../core/engine/engine.js'
import type { LiveServer } from '../live-server.js'
import type { Defer } from '../suite.js'

/** A server under attack. */
export interface Target extends Pick<LiveServer, 'url' | 'adminUrl' | 'client' | 'dial'> {
  readonly port: number
}

export interface World {
  readonly engine: EngineName
  readonly defer: Defer
  /** Starts a server with this config over the defaults: open auth, no page, no admin listener. Ends with the check. */
  serve(config?: Record<string, unknown>): Promise<Target>
}

/** One promise: what holds, against what, and how to see it. */
export interface Check {
  /** What holds, as a sentence without its full stop. */
  readonly holds: string
  /** What would be possible if it didn't, as a sentence without its full stop. */
  readonly threat: string
  /** Attacks. Throws when it succeeds. */
  attack(world: World): Promise<void> | void
  /** Why it can't be tried here; undefined where it can. */
  readonly missing?: string | undefined
}

/** Checks of one part of the server, in the order of the page and of the numbers. */
export interface Group {
  readonly title: string
  readonly checks: readonly Check[]
}
