/**
 * Observers are told what happened, after it happened. Many. An observer can't slow or break the hub: it is called
 * outside the hot path, what it throws is caught and logged, and what it returns is ignored.
 */

import type { BanKind } from '../access/bans.js'
import type { ErrorCode } from '../errors.js'

export type HubEvent =
  | {
      readonly type: 'connected'
      readonly peer: string
      readonly principal: string
      readonly address: string
    }
  | {
      readonly type: 'disconnected'
      readonly peer: string
      readonly principal: string
      readonly code: number
    }
  /** The socket of a peer is gone, and the peer is kept: `resumed` or `disconnected` follows. */
  | {
      readonly type: 'detached'
      readonly peer: string
      readonly principal: string
      readonly code: number
    }
  /** A peer goes on with another socket, whose address this is. */
  | {
      readonly type: 'resumed'
      readonly peer: string
      readonly principal: string
      readonly address: string
    }
  | {
      readonly type: 'joined' | 'left'
      readonly peer: string
      readonly principal: string
      readonly room: string
    }
  /** A peer presented a newer token: its grants and its expiry may be others now. */
  | { readonly type: 'renewed'; readonly peer: string; readonly principal: string }
  /** A moderator (`by`, `principal`) did something in a room, to `peer` where there is one. */
  | {
      readonly type: 'moderated'
      readonly action: 'kick' | 'admit' | 'deny' | 'lock' | 'lobby' | 'open'
      readonly room: string
      readonly by: string
      readonly principal: string
      readonly peer?: string
      readonly reason?: string
    }
  /** An operator ended the connection of a peer. */
  | { readonly type: 'kicked'; readonly peer: string; readonly principal: string; readonly reason: string }
  /** A connection (no `peer` yet) or a message was refused. */
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly peer?: string; readonly address: string }
  /** Somebody is kept out for so long; `why` is for operators. */
  | {
      readonly type: 'banned'
      readonly kind: BanKind
      readonly name: string
      readonly forMs: number
      readonly why: string
    }
  /** Call quality as a client measured it: raw JSON, not trusted. */
  | { readonly type: 'stats'; readonly peer: string; readonly room: string; readonly data: string }

export interface Observer {
  /** Called synchronously, in order, for everything but hot messages; those are counted in `HubStats`. Be quick. */
  observe?(event: HubEvent): void
}

/** Counters of the hub since its start, and gauges of this moment. One object, updated in place: read, don't keep. */
export interface HubStats {
  /** Gauges. */
  readonly peers: number
  /** Those of them without a socket, which may come back. */
  readonly detached: number
  /** Bytes that are kept for those. */
  readonly detachedBytes: number
  readonly rooms: number
  readonly memberships: number
  /** Bytes that wait in egress queues or in sockets. */
  readonly queuedBytes: number
  /** Bytes of the frames that were sent last, which connected clients may be sent again. */
  readonly logBytes: number
  /** Bytes that wait until a plugin has decided about the join or the token before them. */
  readonly waitingBytes: number
  /** Handshakes under way. */
  readonly handshakes: number
  /** Other nodes of the cluster that are alive. */
  readonly nodes: number
  /** Links to them that are up. */
  readonly links: number
  /** Bytes that went over those, or wait to, and that the others haven't confirmed. */
  readonly unconfirmedBytes: number
  /** Counters. */
  readonly connections: number
  /** Sessions that went on with another socket. Requests that failed are `refused.E_RESUME`. */
  readonly resumes: number
  /** Sessions that came here from other nodes, with their clients. */
  readonly moves: number
  /** Frames that resumed sessions were sent again. */
  readonly replayed: number
  /** Messages accepted, by kind. */
  readonly messages: Readonly<Record<string, number>>
  /** Messages and connections refused, by error code. */
  readonly refused: Readonly<Record<string, number>>
  /** Frames handed to sockets: one a recipient. */
  readonly deliveries: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Writes to sockets; deliveries / writes is what coalescing gains. */
  readonly writes: number
  /** Reads from sockets that brought something; messages / reads is how much arrives at once. */
  readonly reads: number
  /** How often the engine has failed and was rebuilt. */
  readonly engineRebuilds: number
  /** Batches that had to be sent to another node once more. */
  readonly resentBatches: number
  /** Links to other nodes that went down: what was learnt over them was forgotten. */
  readonly linksLost: number
  /** Messages on the bus that were of no use, by what was wrong with them. */
  readonly busDropped: Readonly<Record<string, number>>
  /** What policies say of themselves: gauges. */
  readonly policyFigures: Readonly<Record<string, number>>
}
