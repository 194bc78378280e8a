/**
 * A transport accepts clients on the shared front door and translates their dialect to operations of the hub.
 * Many. Transports start last and stop first: nobody comes in before everything stands, and nobody is inside when
 * it goes. A transport has no method of its own; it mounts in `start` and ends its connections in `stop`.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FrameReader } from '../engine/frame-reader.js'
import type { SignalError } from '../errors.js'

// biome-ignore lint/suspicious/noEmptyInterface: a kind without methods is still a kind
export interface Transport {}

/** The one HTTP(S) listener. Host names and origins are checked before an upgrade reaches a transport. */
export interface FrontDoor {
  /** Serves GET and HEAD of exactly this path. Throws when it is taken. */
  mountPath(path: string, handle: (request: IncomingMessage, response: ServerResponse) => void): void
  /**
   * Takes upgrades at exactly this path. The transport owns the socket from then on, except that the front door
   * destroys it when no handshake has been completed (`done`) within `limits.handshakeMs`, or the client ends its side
   * before that.
   */
  mountUpgrade(path: string, handle: (upgrade: Upgrade) => void): void
}

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly url: URL
  /** The client's IP address; behind proxies that the config trusts, the one that they tell. */
  readonly address: string
  /** Says that the handshake is complete, so that its deadline no longer applies. */
  done(): void
  /** Answers with an HTTP error instead of the upgrade, and ends the socket. */
  refuse(error: SignalError): void
}

/** A client's socket, as the hub sees it. A transport implements it. */
export interface Connection {
  readonly address: string
  /** Bytes accepted by `write` that the operating system has not taken yet. */
  readonly queuedBytes: number
  /**
   * Sends complete WebSocket frames, one behind the other, with one write. The bytes may be shared with other
   * connections: never modified, and kept only until they are written, as long as `queuedBytes` counts them; they
   * become others' after that.
   */
  write(frames: Buffer): void
  /** Sends a close frame after what was written, and ends the socket soon even if the client never answers. */
  close(code: number, reason: string): void
}

export interface ConnectRequest {
  readonly token: string | undefined
  readonly address: string
  /** Joined at once: `joined` follows `welcome` in the same write. */
  readonly room?: string
  /** The peer's metadata for that room: JSON text. */
  readonly data?: string
  /** The session to go on with, whatever the client made of it: the hub judges it. */
  readonly resume?: ResumeRequest
}

/** A client's wish to go on with the session that its last socket had. */
export interface ResumeRequest {
  /** As `welcome` brought it. */
  readonly ticket: string
  /** How many counted frames of that session have arrived; NaN when the client said something else than digits. */
  readonly seen: number
}

/** The hub's side of a client. When the hub ends it, it closes the connection. */
export interface Peer {
  readonly id: string
  /** One message of the client, raw. The bytes stay the transport's. Never throws. */
  receive(message: Uint8Array): void
  /**
   * As `receive`, for the text frame that `Hub.frames` has found last, and without a copy. False when it isn't UTF-8:
   * nothing has come of it then, and the client must be failed with E_UTF8. Present when `Hub.frames` is.
   */
  receiveFrame?(): boolean
  /** The client broke the protocol of the transport (for example a binary frame): counts it and closes. */
  fail(error: SignalError): void
  /**
   * The socket is gone. Call exactly once, with the code of the client's close frame, 1005 when it named none, 1006 when
   * there was no close frame. 1000, 1001 and 1005 are a goodbye; after anything else the client may come back.
   */
  gone(code: number): void
}

/** A client that was let in and has no connection yet. Attach or discard it, at once. */
export interface Admission {
  /** Binds the connection: `welcome` (and `joined`) are written before this returns. */
  attach(connection: Connection): Peer
  /** The client went away meanwhile: frees what was reserved. */
  discard(): void
}

export interface Hub {
  /** Authenticates a client and asks the policies. Rejects with a `SignalError`. */
  admit(request: ConnectRequest): Promise<Admission>
  /**
   * Finds WebSocket frames in what sockets receive, where the engine can. A transport may use it, or leave it alone
   * and hand whole messages to `Peer.receive`.
   */
  readonly frames?: FrameReader
  /**
   * Says that all messages of one read from a socket have been handed over: what they have caused may leave now
   * instead of waiting for the rest of the tick. A transport that doesn't know calls it never.
   */
  endOfChunk?(): void
}
