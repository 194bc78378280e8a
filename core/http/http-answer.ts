import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ERRORS, type SignalError } from '../errors.js'

/** The status for an error that refuses a request; 403 where the table names none. */
const statusOf = ({ code }: SignalError): number => ERRORS[code].http ?? 403

const bodyOf = ({ code, message }: SignalError): string => `${JSON.stringify({ code, message })}\n`

/** Headers of every answer: nothing is guessed, framed or leaked as a referrer. */
export const SAFE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
} as const

/** Answers a request with an error, as JSON. */
export function answerError(
  response: ServerResponse,
  error: SignalError,
  headers: Record<string, string> = {},
): void {
  const body = bodyOf(error)
  response.writeHead(statusOf(error), {
    ...SAFE_HEADERS,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}

/** Answers an upgrade with an error, and ends the socket. */
export function answerUpgradeError(socket: Duplex, error: SignalError): void {
  const status = statusOf(error)
  const body = bodyOf(error)
  const retryAfter = error.retryAfterMs ?? (ERRORS[error.code].retry ? 1000 : undefined)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${Math.ceil(retryAfter / 1000)}`]),
  ]
  if (socket.writable) socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
  else socket.destroy()
}

/**
 * The response to a request whose upgrade is ignored: Node has let go of its socket by then. It ends with the response,
 * or when nothing has moved for `idleMs`.
 */
export function responseWithoutUpgrade(
  request: IncomingMessage,
  socket: Socket,
  idleMs: number,
): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => {
    response.detachSocket(socket)
    socket.destroySoon()
  })
  socket.setTimeout(idleMs, () => socket.destroy())
  return response
}
