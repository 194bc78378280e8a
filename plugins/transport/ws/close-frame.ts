/** Close frames (RFC 6455 section 5.5.1). */

/** A final frame with opcode 8. */
const FINAL_CLOSE = 0x88
/** A close frame's reason is at most 123 bytes. */
const REASON_BYTES = 123

/** Stands for a close frame that names no code; never sent. */
export const NO_CODE = 1005
/** Stands for a connection that ended without a close frame; never sent. */
export const ABNORMAL = 1006

/** An unmasked close frame; `NO_CODE` makes an empty one. */
export function closeFrame(code: number, reason: string): Buffer {
  if (code === NO_CODE) return Buffer.of(FINAL_CLOSE, 0)
  const text = reasonOf(reason)
  const length = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(4 + length)
  frame[0] = FINAL_CLOSE
  frame[1] = 2 + length
  frame.writeUInt16BE(code, 2)
  frame.write(text, 4)
  return frame
}

/** As much of a sentence as a close frame holds, never half a character. */
export function reasonOf(message: string): string {
  let reason = message
  while (Buffer.byteLength(reason) > REASON_BYTES) reason = reason.slice(0, -1)
  return reason
}
