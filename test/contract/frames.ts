/** WebSocket frames as a server sends them: unmasked and final (RFC 6455 section 5.2). */

/** A final frame with opcode 1. */
const FINAL_TEXT = 0x81

/** The texts of complete text frames that stand one after another; frames of other kinds are left out. */
export function textsOf(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const first = bytes[at]!
    let length = bytes[at + 1]! & 0x7f
    let start = at + 2
    if (length === 126) {
      length = bytes.readUInt16BE(start)
      start += 2
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(start))
      start += 8
    }
    if (start + length > bytes.length) throw new Error('the last frame is cut short')
    if (first === FINAL_TEXT) texts.push(bytes.toString('utf8', start, start + length))
    at = start + length
  }
  return texts
}
