const NOTHING = Buffer.alloc(0)
const FIRST_BYTES = 256

/** Bytes that come in pieces, kept in one place that at most doubles: what was announced and hasn't come costs nothing. */
export class ByteStore {
  #room = NOTHING
  length = 0

  /** Keeps a copy. */
  append(bytes: Uint8Array): void {
    const length = this.length + bytes.length
    if (length > this.#room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#room.length, FIRST_BYTES))
      this.#room.copy(larger, 0, 0, this.length)
      this.#room = larger
    }
    this.#room.set(bytes, this.length)
    this.length = length
  }

  /** All of them, until the next `append`. */
  get bytes(): Buffer {
    return this.length === 0 ? NOTHING : this.#room.subarray(0, this.length)
  }

  /** Forgets them, and frees their place. */
  clear(): void {
    this.#room = NOTHING
    this.length = 0
  }
}
