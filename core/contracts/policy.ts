/**
 * Policies decide what may happen. Many, asked in the order of the config; the first refusal decides. A policy
 * refuses by throwing a `SignalError`; anything else it throws is a mistake, is logged, and refuses with E_INTERNAL.
 */

import type { HotKindName, IceServer } from '../protocol.js'
import type { Principal } from './auth.js'

export interface ConnectContext {
  readonly principal: Principal
  readonly peer: string
  readonly address: string
  /** What `welcome` will offer to the client; a policy may add to it. */
  readonly iceServers: IceServer[]
}

export interface JoinContext {
  readonly principal: Principal
  readonly peer: string
  readonly room: string
  /** Members at this moment, the newcomer not among them. */
  readonly members: number
}

/** One hot message. The object is reused for the next one: read it during the call only. */
export interface MessageContext {
  readonly principal: Principal
  readonly peer: string
  readonly kind: HotKindName
  readonly room: string
  readonly lengthBytes: number
  readonly recipients: number
}

export interface Policy {
  /** Once a connection, after auth and before `welcome`. May be asynchronous, bounded by `limits.handshakeMs`. */
  onConnect?(context: ConnectContext): void | Promise<void>
  /** Once a join, after the grants were checked. May be asynchronous; the peer's further messages wait meanwhile. */
  onJoin?(context: JoinContext): void | Promise<void>
  /** Each hot message, after the engine accepted it and before anyone receives it. Synchronous: this is the hot path. */
  onMessage?(context: MessageContext): void
}
