/** What attackers use: a connection of bytes that is past the handshake, and the answers to it. */

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { SUBPROTOCOL } from '../../core/protocol.js'
import { rawSocket, UPGRADE_HEADERS, untilClosed } from '../raw-http.js'
import type { Defer } from '../suite.js'

/** A masked frame of a client (RFC 6455 section 5.2) with this first byte; the mask is zero, the payload plain. */
export function frame(first: number, payload: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from(payload as string)
  const { length } = bytes
  const header =
    length < 126 ? Buffer.of(first, 0x80 | length) : Buffer.of(first, 0xfe, length >> 8, length & 255)
  return Buffer.concat([header, Buffer.alloc(4), bytes])
}

/** The bytes of a handshake. */
export const handshake = (more: Readonly<Record<string, string>> = {}, path = '/signal'): string => {
  const headers = { Host: 'localhost', ...UPGRADE_HEADERS, 'Sec-WebSocket-Protocol': SUBPROTOCOL, ...more }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** A connection that has been let in. */
export async function intruder(
  defer: Defer,
  port: number,
  more: Readonly<Record<string, string>> = {},
): Promise<Socket> {
  const socket = await rawSocket(defer, port, handshake(more))
  await once(socket, 'readable')
  return socket
}

/** The close code that the server answers these bytes with; undefined when it just ends, or not even that. */
export async function closeCodeAfter(
  defer: Defer,
  port: number,
  ...bytes: Buffer[]
): Promise<number | undefined> {
  const socket = await intruder(defer, port)
  for (const one of bytes) socket.write(one)
  const received = Buffer.from(await untilClosed(socket, 'latin1'), 'latin1')
  // The close frame is the last one: two bytes of header, two of code, and maybe a reason.
  for (let at = received.length - 4; at >= 0; at--) {
    if (received[at] === 0x88 && received[at + 1] === received.length - at - 2)
      return received.readUInt16BE(at + 2)
  }
  return undefined
}

/** The HTTP status that a handshake gets. */
export async function statusOf(
  defer: Defer,
  port: number,
  more: Readonly<Record<string, string>> = {},
  path?: string,
): Promise<number> {
  const socket = await rawSocket(defer, port, handshake(more, path))
  const [first] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean]
  socket.destroy()
  return typeof first === 'boolean' ? 0 : Number(/^HTTP\/1\.1 (\d+)/.exec(first.toString('latin1'))?.[1])
}

/** Whether something is so within the time that an attack may take. */
export async function comesTrue(so: () => boolean | Promise<boolean>, withinMs = 5000): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (!(await so())) {
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return true
}
