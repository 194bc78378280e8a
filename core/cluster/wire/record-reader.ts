import { BadRecord } from './records.js'

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads what another node has written, from the front: integers most significant byte first, text as UTF-8. Throws
 * `BadRecord` where the bytes end too early or aren't what they should be; never reads beyond them.
 */
export class RecordReader {
  readonly #bytes: Buffer
  #at = 0

  /** The bytes stay the caller's. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** How many bytes there are still. */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** For what counts for years. */
  u48(): number {
    return this.#bytes.readUIntBE(this.#take(6), 6)
  }

  /** A view of so many bytes: valid for as long as what is read. */
  bytes(length: number): Buffer {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** A view of all that is left. */
  rest(): Buffer {
    return this.bytes(this.left)
  }

  /** A reader of so many bytes, which count as read here. */
  slice(length: number): RecordReader {
    return new RecordReader(this.bytes(length))
  }

  /** Text of so many bytes. */
  text(lengthBytes: number): string {
    const bytes = this.bytes(lengthBytes)
    try {
      return TEXT.decode(bytes)
    } catch {
      throw new BadRecord('a text is not valid UTF-8')
    }
  }

  /** Bytes as base64url, the way ids are written. */
  base64url(lengthBytes: number): string {
    return this.bytes(lengthBytes).toString('base64url')
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (this.left > 0) throw new BadRecord(`${this.left} bytes too many`)
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) throw new BadRecord(`it ends within a field of ${length} bytes`)
    this.#at = start + length
    return start
  }
}
