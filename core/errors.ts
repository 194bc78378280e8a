/**
 * The one table of what can go wrong: every code that a client, an operator or an integrator can meet.
 * docs/reference/errors.md explains each; a guard test holds the two equal.
 */

interface ErrorRow {
  /** What the code means, in one sentence that can be shown to a person. */
  readonly meaning: string
  /** Whether the same request may succeed later, unchanged. */
  readonly retry: boolean
  /** The WebSocket close code, where this error ends the connection. 4000–4499 invite a reconnect, 4500–4999 don't. */
  readonly close?: number
  /** The HTTP status, where this error refuses a request before the upgrade. */
  readonly http?: number
  /** Whether it always ends the connection that it is about; other codes do so only where a client can't go on. */
  readonly ends?: true
  /** The engines' verdict for it: a negative number, the same in `assembly/protocol.ts`. */
  readonly verdict?: number
}

const table = {
  // What is wrong with a message, in the order of precedence. The engines return these.
  E_TOO_LARGE: { verdict: -1, retry: false, close: 1009, meaning: 'the message is longer than 65,536 bytes' },
  E_UTF8: { verdict: -2, retry: false, close: 1007, meaning: 'the message is not valid UTF-8' },
  E_JSON: { verdict: -3, retry: false, meaning: 'the message is not valid JSON (RFC 8259)' },
  E_NESTING: { verdict: -4, retry: false, meaning: 'the message nests deeper than 32 levels' },
  E_ENVELOPE: { verdict: -5, retry: false, meaning: 'the message is not a JSON object' },
  E_TYPE: { verdict: -6, retry: false, meaning: 'the field type is missing or not a known message type' },
  E_FIELD: { verdict: -7, retry: false, meaning: 'a field is missing or has the wrong type' },
  E_ROOM_NAME: {
    verdict: -8,
    retry: false,
    meaning: 'a room name is 1 to 128 bytes of UTF-8 without control characters or lone surrogates',
  },
  E_NOT_JOINED: { verdict: -9, retry: false, meaning: 'you are not in this room' },
  E_FORBIDDEN: { verdict: -10, retry: false, meaning: 'your grants do not allow this' },
  E_NO_PEER: { verdict: -11, retry: true, meaning: 'no such peer in this room' },

  // What the hub answers to a message that is well formed.
  E_ORDER: { retry: false, meaning: 'message ids count 1, 2, 3 without a gap' },
  E_SEEN: { retry: false, meaning: 'you can not have seen that many frames' },
  E_ALREADY_JOINED: { retry: false, meaning: 'you are in this room already' },
  E_METADATA: { retry: false, meaning: 'the metadata of a peer is larger than the server allows' },
  E_ROOMS: { retry: true, meaning: 'you are in as many rooms as the server allows' },
  E_ROOM_FULL: { retry: true, meaning: 'the room has as many members as the server allows' },
  E_LOCKED: { retry: true, meaning: 'the room takes nobody new just now' },
  E_NOT_ADMITTED: { retry: true, meaning: 'nobody let you into the room' },
  E_DUPLICATE: { retry: true, meaning: 'you are in this room already, on another connection' },
  E_REFUSED: { retry: false, meaning: 'a policy of the server refused this' },
  E_RATE: { retry: true, http: 429, meaning: 'too many messages; wait retryAfterMs' },
  E_FANOUT: { retry: true, meaning: 'what you send causes too much traffic; wait retryAfterMs' },
  E_BUSY: { retry: true, close: 4003, http: 503, meaning: 'the server has no room for another peer' },
  E_RESUME: { retry: false, meaning: 'your session could not be resumed; this is a new one' },
  E_TIMEOUT: {
    retry: true,
    close: 4004,
    http: 503,
    meaning: 'a plugin of the server did not answer in time',
  },
  E_INTERNAL: { retry: true, close: 4005, http: 500, meaning: 'the server made a mistake; it is in its log' },

  E_ENGINE: {
    retry: true,
    meaning: 'the server failed on this message and recovered; nobody has received it',
  },

  // What ends a connection.
  E_GOING_AWAY: { retry: true, close: 4000, http: 503, meaning: 'the server is shutting down' },
  E_SILENT: { retry: true, close: 4001, meaning: 'nothing was heard from you in time' },
  E_SLOW: { retry: true, close: 4002, meaning: 'you read more slowly than messages arrive' },
  E_FLOOD: { retry: true, close: 4007, ends: true, meaning: 'you went on after you were told to wait' },
  E_FRAME: { retry: false, close: 1002, meaning: 'the WebSocket framing is broken (RFC 6455)' },
  E_BINARY: { retry: false, close: 1003, meaning: 'messages are text frames; this one was binary' },
  E_AUTH: { retry: false, close: 4501, meaning: 'the token is missing or not valid' },
  E_EXPIRED: { retry: false, close: 4502, meaning: 'the token has expired' },
  E_TAKEN_OVER: { retry: false, close: 4503, meaning: 'another socket goes on with this session' },
  E_KICKED: { retry: false, close: 4504, meaning: 'you were removed from the server' },
  E_BANNED: { retry: false, close: 4505, http: 429, ends: true, meaning: 'you are kept out for a while' },

  // What refuses a request before it becomes a connection.
  E_HANDSHAKE: {
    retry: false,
    http: 400,
    meaning: 'this is not a WebSocket handshake offering signalbox.v1',
  },
  E_BODY: { retry: false, http: 400, meaning: 'the body of the request is not what this path takes' },
  E_ORIGIN: { retry: false, http: 403, meaning: 'this web origin is not allowed here' },
  E_HOST: { retry: false, http: 421, meaning: 'this server is not known by that host name' },
  E_HEADERS: { retry: false, http: 431, meaning: 'the request has more than 100 headers' },
  E_UPGRADE: { retry: false, http: 426, meaning: 'this path speaks WebSocket only' },
  E_METHOD: { retry: false, http: 405, meaning: 'only GET and HEAD are answered here' },
  E_ADMIN: { retry: false, http: 401, meaning: 'the admin token is missing or wrong' },
  E_PATH: { retry: false, http: 404, meaning: 'nothing is served at this path' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof table

/** Every code, with its meaning and what follows from it. Frozen. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorRow>> = Object.freeze(table)

/**
 * Close a connection that was refused for a reason without a close code of its own; the error came just before. Which
 * of the two says whether to come back.
 */
export const REFUSED_CLOSE_CODES = { retry: 4006, final: 4500 } as const

/** The close code of a connection that ends with this error. */
export function closeCodeOf(code: ErrorCode): number {
  const { close, retry } = ERRORS[code]
  return close ?? (retry ? REFUSED_CLOSE_CODES.retry : REFUSED_CLOSE_CODES.final)
}

const byVerdict: readonly ErrorCode[] = (Object.keys(table) as ErrorCode[])
  .filter((code) => ERRORS[code].verdict !== undefined)
  .sort((a, b) => ERRORS[b].verdict! - ERRORS[a].verdict!)

/** The code behind an engine's negative verdict. */
export function errorOfVerdict(verdict: number): ErrorCode {
  return byVerdict[-verdict - 1] ?? 'E_INTERNAL'
}

/**
 * An error that a client may see: a code of the table and a message without secrets.
 * Plugins throw it to refuse a connection, a join or a message.
 */
export class SignalError extends Error {
  override readonly name = 'SignalError'
  readonly code: ErrorCode
  /** When to try again, milliseconds from now; sent to the client. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string = ERRORS[code].meaning, retryAfterMs?: number) {
    super(message)
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}
