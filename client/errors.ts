/** What can go wrong, as an app sees it: the server's codes, and the few that only a client can know. */

/** Codes that the client makes itself. All others are the server's; its reference lists them. */
export type ClientErrorCode =
  /** The address is no WebSocket URL, or there is no WebSocket implementation. */
  | 'E_SETUP'
  /** The server did not answer, or refused the handshake; browsers don't tell which. */
  | 'E_UNREACHABLE'
  /** The connection was lost: why a session is reconnecting. */
  | 'E_DISCONNECTED'
  /** The server has lost the session before it confirmed this message: it may have arrived or not. */
  | 'E_SESSION_LOST'
  /** You closed the session, or the server ended it for good. */
  | 'E_CLOSED'
  /** Too much is waiting for the server's confirmation, or for a connection: send less, or more slowly. */
  | 'E_BACKLOG'
  /** There is no RTCPeerConnection here; pass one with the options. */
  | 'E_NO_WEBRTC'
  /** The function that gives the token failed; `cause` is its error. */
  | 'E_TOKEN'
  /** The other end does not speak signalbox.v1. */
  | 'E_PROTOCOL'
  /** A description or candidate of a peer could not be applied; `cause` is the browser's error. */
  | 'E_NEGOTIATION'
  /** Sealed rooms: the peer's greeting can't be opened. It has another secret, or somebody has changed it. */
  | 'E_SEAL_SECRET'
  /** Sealed rooms: the peer hasn't shown in time that it knows the secret. */
  | 'E_SEAL_SILENT'
  /** Sealed rooms: the server doesn't let us greet the peer; `cause` is its error. Who is hidden can't be in one. */
  | 'E_SEAL_REFUSED'
  /** Sealed rooms: the peer sent something that isn't sealed. It wasn't delivered. */
  | 'E_SEAL_PLAIN'
  /** Sealed rooms: made, changed or put in another place by somebody without the secret. It wasn't delivered. */
  | 'E_SEAL_FORGED'
  /** Sealed rooms: it came before, or too late. It wasn't delivered. */
  | 'E_SEAL_REPLAYED'
  /** Sealed rooms: messages before this one have been lost on the way. */
  | 'E_SEAL_MISSING'
  /** The fingerprints in a description aren't signed by whom they should be. It wasn't applied. */
  | 'E_IDENTITY'

/** Every error of the client is one of these. */
export class SignalboxError extends Error {
  override readonly name = 'SignalboxError'
  readonly code: ClientErrorCode | (string & {})
  /** When to try again, milliseconds from now, if the server said so. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: ClientErrorCode | (string & {}),
    message: string,
    more: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.retryAfterMs = more.retryAfterMs
  }
}
