/** HTTP by hand, for what no well-behaved client would send or show. */

import { connect, type Socket } from 'node:net'
import type { Defer } from './suite.js'

export interface RawAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Opens a TCP connection and sends `text`; it is destroyed when the test ends. */
export async function rawSocket(defer: Defer, port: number, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  defer(() => socket.destroy())
  socket.on('error', () => {}) // a reset is an end like another
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  socket.write(text)
  return socket
}

/** Everything until the server ends the connection. */
export async function untilClosed(socket: Socket, encoding: BufferEncoding = 'utf8'): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return Buffer.concat(chunks).toString(encoding)
}

/** Sends one request with `Connection: close` unless it has a Connection header of its own; the answer, parsed. */
export async function rawRequest(
  defer: Defer,
  port: number,
  requestLine: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const all = { Host: 'localhost', Connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  const socket = await rawSocket(defer, port, `${[requestLine, ...lines].join('\r\n')}\r\n\r\n`)
  return parseAnswer(await untilClosed(socket))
}

/** The headers of a WebSocket handshake (RFC 6455 section 4.1). */
export const UPGRADE_HEADERS = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
} as const

export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: text.slice(end + 4),
  }
}
