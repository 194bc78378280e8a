/** A WebSocket client's side of the wire, as far as a transport's contract needs it (RFC 6455). */

import { textsOf } from './frames.js'

const MASK = Buffer.of(0x12, 0x34, 0x56, 0x78)

/** Headers of an opening handshake that offers `protocol`. */
export const handshakeHeaders = (protocol: string): Record<string, string> => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': protocol,
})

/** A masked text frame of up to 65,535 bytes. */
export function maskedFrame(message: string): Buffer {
  const payload = Buffer.from(message)
  const isShort = payload.length < 126
  const header = Buffer.alloc(isShort ? 2 : 4)
  header[0] = 0x81
  header[1] = 0x80 | (isShort ? payload.length : 126)
  if (!isShort) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, MASK, payload.map((byte, i) => byte ^ MASK[i % 4]!)])
}

/** The texts that follow the answer to the handshake. */
export function textsAfterHandshake(bytes: Buffer): string[] {
  const end = bytes.indexOf('\r\n\r\n')
  return end < 0 ? [] : textsOf(bytes.subarray(end + 4))
}
