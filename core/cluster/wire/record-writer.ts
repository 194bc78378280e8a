const FIRST_BYTES = 256

/** Writes what `RecordReader` reads, in the same order. It grows as needed; for what isn't on the hot path. */
export class RecordWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0

  /** What was written: a view, valid until the next write. */
  get written(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  u8(value: number): this {
    const at = this.#extend(1)
    this.#buffer.writeUInt8(value, at)
    return this
  }

  u16(value: number): this {
    const at = this.#extend(2)
    this.#buffer.writeUInt16BE(value, at)
    return this
  }

  u32(value: number): this {
    const at = this.#extend(4)
    this.#buffer.writeUInt32BE(value, at)
    return this
  }

  u48(value: number): this {
    const at = this.#extend(6)
    this.#buffer.writeUIntBE(value, at, 6)
    return this
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#extend(bytes.length)
    this.#buffer.set(bytes, at)
    return this
  }

  /** Text behind its length in bytes: one byte, so at most 255. Throws RangeError. */
  text8(text: string): this {
    return this.u8(Buffer.byteLength(text)).#text(text)
  }

  /** Text behind its length in bytes: two bytes, so at most 65,535. Throws RangeError. */
  text16(text: string): this {
    return this.u16(Buffer.byteLength(text)).#text(text)
  }

  /** Bytes written as base64url, the way ids are. */
  base64url(id: string): this {
    return this.bytes(Buffer.from(id, 'base64url'))
  }

  /** Forgets what was written, to write something else. */
  clear(): this {
    this.#length = 0
    return this
  }

  #text(text: string): this {
    const at = this.#extend(Buffer.byteLength(text))
    this.#buffer.write(text, at)
    return this
  }

  /** Makes room behind what is written, maybe in another buffer; where it begins. */
  #extend(bytes: number): number {
    const start = this.#length
    this.#length += bytes
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, start)
      this.#buffer = larger
    }
    return start
  }
}
