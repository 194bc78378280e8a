/**
 * Policies decide what may happen. Many, asked in the order of the config; the first refusal decides. A policy
 * refuses by throwing a `SignalError`; anything else it throws is a mistake, is logged, and refuses with E_INTERNAL.
 * A refusal whose code `ends` a connection (E_FLOOD, E_BANNED) ends it after the sender was told.
 *
 * Peers and rooms have small numbers, so that a policy can keep what it knows of them in typed arrays: a peer's `slot`
 * and a room's `roomNumber` are dense from 0 and go to somebody else when they are free again. `now` is in
 * milliseconds, never goes back, and may be 10 ms old.
 */

import type { ErrorCode } from '../errors.js'
import type { HotKindName, IceServer, KindName } from '../protocol.js'
import type { Principal } from './auth.js'

export interface AttemptContext {
  readonly address: string
  /**
   * Whether the client comes back to a session that is still here, or may be at another node: it is no newcomer. Its
   * token isn't checked yet.
   */
  readonly resumes: boolean
  readonly now: number
}

export interface ConnectContext {
  readonly principal: Principal
  readonly peer: string
  readonly slot: number
  readonly address: string
  readonly now: number
  /** What `welcome` will offer to the client; a policy may add to it. */
  readonly iceServers: IceServer[]
}

export interface JoinContext {
  readonly principal: Principal
  readonly peer: string
  readonly slot: number
  readonly room: string
  /** -1 when nobody is in the room yet. */
  readonly roomNumber: number
  /** Members at this moment, the newcomer not among them. */
  readonly members: number
  readonly now: number
}

/** What `onMessage` is asked about: a join has a hook of its own, and nobody is kept from saying `bye`. */
export type MessageKindName = Exclude<KindName, 'join' | 'bye'>

/** One message. The object is reused for the next one: read it during the call only. */
export interface MessageContext {
  readonly principal: Principal
  readonly peer: string
  readonly slot: number
  readonly kind: MessageKindName
  /** Reading it makes a string: leave it alone where the number will do. Empty where the kind has no room. */
  readonly room: string
  /** -1 where the kind has no room, or the peer isn't in it. */
  readonly roomNumber: number
  readonly lengthBytes: number
  /** How many peers will be sent something. */
  readonly recipients: number
  readonly now: number
}

export interface RefusedContext {
  readonly code: ErrorCode
  readonly address: string
  /** -1 when a connection was refused before it had one. */
  readonly slot: number
  readonly now: number
}

export interface Policy {
  /**
   * Once a connection, before auth: nothing is known but the address, and little was paid for. A refusal that is thrown
   * is the cheapest there is. May be asynchronous, bounded by `limits.handshakeMs`: the client waits.
   */
  onAttempt?(context: AttemptContext): void | Promise<void>
  /** Once a connection, after auth and before `welcome`. May be asynchronous, bounded by `limits.handshakeMs`. */
  onConnect?(context: ConnectContext): void | Promise<void>
  /** Once a join, after the grants were checked. May be asynchronous; the peer's further messages wait meanwhile. */
  onJoin?(context: JoinContext): void | Promise<void>
  /**
   * Each message that the engine accepted, of every kind but join and bye, before anyone receives it. Synchronous:
   * this is the hot path.
   */
  onMessage?(context: MessageContext): void
  /** The kinds whose payload `onData` is asked about, if any. Read once, when the server is made. */
  readonly dataKinds?: readonly HotKindName[]
  /**
   * The payload of such a message, JSON text, after `onMessage`. What is returned is relayed in its place; `data`
   * itself when nothing is to change; null drops the message, and the sender isn't told. Synchronous. It is not for the
   * hot path: a string is made of every such message, and its frame is built outside the engine.
   */
  onData?(context: MessageContext, data: string): string | null
  /**
   * Told of every connection and message that was refused, by whomever. Throwing a `SignalError` here ends the
   * connection with it, if there is one.
   */
  onRefused?(context: RefusedContext): void
  /** A slot is free again. Also called for one that `onConnect` never saw, because auth refused. */
  onDisconnect?(slot: number): void
  /** What operators may want to see of it at this moment, by names that begin with its own: `admission_level`. */
  figures?(): Readonly<Record<string, number>>
}
