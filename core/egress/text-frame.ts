import { Buffer } from 'node:buffer'

/** Two bytes of header hold a length up to this. */
const SHORT = 125
const MEDIUM = 0xffff
/** A final frame with opcode 1. */
const FINAL_TEXT = 0x81

/** An unmasked, unfragmented text frame around `text` (RFC 6455 section 5.2), in a Buffer of its own. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const header = length <= SHORT ? 2 : length <= MEDIUM ? 4 : 10
  const frame = Buffer.allocUnsafe(header + length)
  frame[0] = FINAL_TEXT
  if (header === 2) {
    frame[1] = length
  } else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, header)
  return frame
}
