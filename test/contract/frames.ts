/** WebSocket frames as a server sends them: unmasked and final (RFC 6455 section 5.2). */

const TEXT = 0x81

/** A complete text frame. */
export function textFrame(message: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(message))
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.of(TEXT, length), payload])
  const header = Buffer.alloc(length < 65_536 ? 4 : 10)
  header[0] = TEXT
  if (length < 65_536) {
    header[1] = 126
    header.writeUInt16BE(length, 2)
  } else {
    header[1] = 127
    header.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([header, payload])
}

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
    if (first === TEXT) texts.push(bytes.toString('utf8', start, start + length))
    at = start + length
  }
  return texts
}
