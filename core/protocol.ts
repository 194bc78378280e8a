/**
 * The wire protocol `signalbox.v1`: what both ends must agree on, and nothing else.
 * The server, the browser client and the WebAssembly engine are built from these words; a guard test holds
 * `assembly/protocol.ts` equal to the numbers here. Prose: docs/reference/protocol.md.
 */

/** The WebSocket subprotocol that the server selects (RFC 6455 section 1.9). */
export const SUBPROTOCOL = 'signalbox.v1'
/** A second offered subprotocol carries the token, base64url: browsers can't set headers, and URLs get logged. */
export const TOKEN_PREFIX = 'signalbox.token.'
/** Another one asks for a session to be resumed: `<ticket>.<seen>`, `seen` in digits. */
export const RESUME_PREFIX = 'signalbox.resume.'

/** Message kinds that a client sends, as the engines number them. From `FIRST_HOT_KIND` on they are relayed. */
export const KINDS = {
  join: 0,
  leave: 1,
  update: 2,
  ack: 3,
  stats: 4,
  bye: 5,
  auth: 6,
  moderate: 7,
  offer: 8,
  answer: 9,
  candidate: 10,
  signal: 11,
  publish: 12,
} as const

export type KindName = keyof typeof KINDS
export type HotKindName = 'offer' | 'answer' | 'candidate' | 'signal' | 'publish'

/** Kinds from here on are hot: the engine resolves recipients and builds the outgoing frame itself. */
export const FIRST_HOT_KIND = 8

/** Limits of the protocol itself; a server may be configured below them, never above. */
export const LIMITS = {
  /** Longest message, bytes of UTF-8. Longer ones end the connection with 1009. */
  messageBytes: 65_536,
  /** Deepest nesting of objects and arrays; the envelope itself is level 1. */
  nesting: 32,
  /** Longest room name, bytes of UTF-8. */
  roomBytes: 128,
  /** A peer id is exactly this many base64url characters (96 bits). */
  peerIdBytes: 16,
} as const

/** Close codes below this one invite a reconnect; from here to 4999 they don't. */
export const FIRST_FINAL_CLOSE_CODE = 4500

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** As `RTCIceServer` in WebRTC section 4.2.4, without what a server can't know. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
}

/** What a member of a room is told about another one. */
export interface PeerInfo {
  readonly id: string
  /** The peer's public metadata, as it gave it with `join` or `update`; null when it gave none. */
  readonly data: Json
}

/** A peer, and the part that the receiver plays towards it. */
export interface PeerIntroduction extends PeerInfo {
  /**
   * Whether *you*, the receiver, are the polite one towards this peer (WebRTC section 10.7, perfect
   * negotiation). Of two peers the one that joined later is polite.
   */
  readonly polite: boolean
}

/** `id` counts 1, 2, 3… within a session; messages that carry one are acknowledged. */
export type ClientMessage =
  | { type: 'join'; id?: number; room: string; data?: Json }
  | { type: 'leave'; id?: number; room: string }
  | { type: 'update'; id?: number; room: string; data: Json }
  | { type: 'offer' | 'answer' | 'candidate' | 'signal'; id?: number; room: string; to: string; data: Json }
  | { type: 'publish'; id?: number; room: string; data: Json }
  | { type: 'ack'; seen: number }
  | { type: 'stats'; room: string; data: Json }
  | { type: 'bye' }
  | { type: 'auth'; id?: number; data: { readonly token: string } }
  | { type: 'moderate'; id?: number; room: string; data: Moderation }

/** What a member with the grant `moderate` asks for; see docs/reference/protocol.md. */
export type Moderation =
  | { readonly action: 'kick' | 'deny'; readonly peer: string; readonly reason?: string }
  | { readonly action: 'admit'; readonly peer: string }
  | { readonly action: 'lock' | 'lobby' | 'open' }

export interface Welcome {
  readonly type: 'welcome'
  /** Your own peer id. */
  readonly peer: string
  readonly session: {
    /** For resuming on a new socket, once; null when the server keeps no sessions. */
    readonly ticket: string | null
    /** How long the session outlives its socket, milliseconds. */
    readonly windowMs: number
    readonly resumed: boolean
    /** The highest message id that the server has from you. */
    readonly lastId: number
  }
  /** A server that you haven't heard from for this long has sent a ping. */
  readonly pingMs: number
  readonly limits: {
    readonly messageBytes: number
    readonly metadataBytes: number
    readonly roomBytes: number
    readonly roomsPerPeer: number
    readonly membersPerRoom: number
  }
  readonly iceServers: readonly IceServer[]
}

/** The state of a room's door: who comes in at once, waits to be admitted, or stays outside. Moderators always come in. */
export type Door = 'open' | 'lobby' | 'locked'

export type ServerMessage =
  | Welcome
  | { type: 'joined'; id?: number; room: string; peers: readonly PeerIntroduction[] }
  | { type: 'waiting'; id?: number; room: string }
  | { type: 'denied'; id?: number; room: string; code: string; message: string }
  | { type: 'kicked'; room: string; reason: string }
  | { type: 'door'; room: string; door: Door }
  | { type: 'knock'; room: string; peer: PeerInfo }
  | { type: 'knock-ended'; room: string; peer: { readonly id: string } }
  | { type: 'peer-joined'; room: string; peer: PeerIntroduction }
  | { type: 'peer-updated'; room: string; peer: PeerInfo }
  | { type: 'peer-left'; room: string; peer: { readonly id: string } }
  | { type: HotKindName; room: string; from: string; data: Json }
  | { type: 'ack'; id: number }
  | { type: 'error'; id?: number; code: string; message: string; retryAfterMs?: number }
  | { type: 'ping' }
  | { type: 'goaway'; reason: string; afterMs: number; url?: string; ticket?: string | null }
