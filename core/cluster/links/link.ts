/** What a link between two nodes is to those who use it: a reliable channel, first in, first out, for as long as it lives. */

import type { Engine } from '../../engine/engine.js'

/** Who a node is. */
export interface NodeInfo {
  /** 16 base64url characters that its process drew at start: what nodes address each other by. */
  readonly incarnation: string
  /** What operators call it; for people. */
  readonly name: string
  readonly region?: string
  /** Where clients reach it. */
  readonly url?: string
}

/** What an engine offers of the frame of the message that it has judged last. */
export type FrameSource = Pick<Engine, 'frameBytes' | 'writeFrame'>

/**
 * One life of the channel between this node and another. It begins by opening, comes up once, goes down once, and is
 * then dead for ever: nodes that go on together do so over another `Link`, where nothing of the former counts. What
 * is sent while it is up is handled by the other node exactly once and in order, unless the link goes down before.
 */
export interface Link {
  readonly node: NodeInfo
  readonly isUp: boolean
  /**
   * Appends one record to this tick's batch; the parts are copied. Ignored unless the link is up. Throws RangeError
   * beyond 256 KiB: whoever has more to say makes several records of it.
   */
  send(type: number, ...parts: readonly Uint8Array[]): void
  /**
   * Appends a record of `head` and the frame that the engine has ready, which it writes straight into the batch:
   * nothing is allocated. Ignored unless the link is up.
   */
  sendFrame(type: number, head: Uint8Array, engine: FrameSource): void
  /** The batch that the last record went into; 0: none. The record has been handled once `confirmed >= position`. */
  readonly position: number
  /** The last batch that the other node has handled, with all before it. */
  readonly confirmed: number
}

/** Hears of every link. Called in the middle of the cluster's work: cheap, and never re-entering it by waiting. */
export interface LinkListener {
  /** It can be sent on from now on. */
  up(link: Link): void
  /**
   * One record of a type that this listener has asked for, exactly once, in order. `body` is valid during the call.
   * Throws `BadRecord` when it isn't well-formed: the link is then reset.
   */
  record(link: Link, type: number, body: Buffer): void
  /** The other node has handled all batches up to this one. */
  confirmed(link: Link, position: number): void
  /** It is dead: what wasn't confirmed may never have arrived, and what was learnt over it is void. Told if it was up. */
  down(link: Link, reason: string): void
}
