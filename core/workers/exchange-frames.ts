/**
 * What travels over the pipe between the primary and a worker: the exchange's end is exchange.ts, the worker's is the
 * plugin bus/ipc.
 *
 *     u32 length of the rest | u8 kind | body            numbers are little-endian
 *
 *     worker → primary                                    primary → worker
 *     reset                    all topics are void        message      topic | sender | bytes
 *     subscribe, unsubscribe   topic                      answer       u32 number of a question
 *     publish                  topic | bytes
 *     will                     topic | bytes
 *     question                 u32 number
 *
 * A will is published when the pipe ends; the last one counts.
 *
 * A topic and a sender are a u8 length and that many characters. A question is answered in its turn, so that the
 * answer says: everything before it has been seen to.
 */

import type { Duplex } from 'node:stream'

/** The environment variable that tells a worker which file descriptor its pipe is. */
export const EXCHANGE_VARIABLE = 'SIGNALBOX_EXCHANGE'

export const EXCHANGE_FRAMES = {
  reset: 1,
  subscribe: 2,
  unsubscribe: 3,
  publish: 4,
  question: 5,
  message: 6,
  answer: 7,
  will: 8,
} as const

/** A message of a bus has 512 KiB at the most. */
const MAX_LENGTH = 512 * 1024 + 512
const LENGTH_BYTES = 4
const NOTHING = Buffer.alloc(0)

/** A length and a text: how topics and senders stand in a body. `text` is ASCII, 255 characters at the most. */
export function shortText(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(1 + text.length)
  bytes[0] = text.length
  bytes.write(text, 1, 'latin1')
  return bytes
}

/** The number of a question, as it stands in a body. */
export function questionNumber(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(number)
  return bytes
}

/** Reads a body from its beginning on. Throws when the body ends before what is asked for. */
export class BodyReader {
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  shortText(): string {
    const length = this.#body.readUInt8(this.#at)
    const from = this.#at + 1
    if (from + length > this.#body.length) throw new RangeError('a text is cut off')
    this.#at = from + length
    return this.#body.toString('latin1', from, this.#at)
  }

  number(): number {
    const number = this.#body.readUInt32LE(this.#at)
    this.#at += 4
    return number
  }

  /** What is left. Shares the body's memory. */
  rest(): Buffer {
    return this.#body.subarray(this.#at)
  }
}

/** Writes frames; what is written in one turn of the event loop leaves in one system call. */
export class ExchangeWriter {
  readonly #pipe: Duplex
  #isCorked = false

  constructor(pipe: Duplex) {
    this.#pipe = pipe
  }

  /** Bytes that the other end has not taken yet. */
  get backlogBytes(): number {
    return this.#pipe.writableLength
  }

  /** The parts are one after the other in the body, and the writer's from now on: don't change them. */
  write(kind: number, first: Buffer = NOTHING, ...more: readonly Uint8Array[]): void {
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#pipe.cork()
      process.nextTick(() => {
        this.#isCorked = false
        this.#pipe.uncork()
      })
    }
    const head = Buffer.allocUnsafe(LENGTH_BYTES + 1 + first.length)
    const moreBytes = more.reduce((sum, { length }) => sum + length, 0)
    head.writeUInt32LE(1 + first.length + moreBytes)
    head[LENGTH_BYTES] = kind
    first.copy(head, LENGTH_BYTES + 1)
    this.#pipe.write(head)
    for (const part of more) if (part.length > 0) this.#pipe.write(part)
  }
}

/** Cuts what a pipe brings into frames. Bodies are fresh memory, or share that of the chunk: nothing reuses either. */
export class ExchangeReader {
  readonly #receive: (kind: number, body: Buffer) => void
  readonly #length = Buffer.alloc(LENGTH_BYTES)
  #lengthBytes = 0
  /** A frame that came in pieces: as much of it as is there. */
  #frame: Buffer | undefined
  #frameBytes = 0

  constructor(receive: (kind: number, body: Buffer) => void) {
    this.#receive = receive
  }

  /** Throws a `RangeError` for a length that can't be; nothing that follows makes sense then. */
  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      at = this.#frame === undefined ? this.#begin(chunk, at) : this.#go(this.#frame, chunk, at)
    }
  }

  /** The length, and the frame itself when the chunk holds all of it: the usual case, and nothing is copied. */
  #begin(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#length, this.#lengthBytes, at)
    const from = at + taken
    this.#lengthBytes += taken
    if (this.#lengthBytes < LENGTH_BYTES) return from
    this.#lengthBytes = 0
    const length = this.#length.readUInt32LE()
    if (length === 0 || length > MAX_LENGTH) throw new RangeError(`a frame of ${length} bytes`)
    if (from + length > chunk.length) {
      this.#frame = Buffer.allocUnsafeSlow(length)
      this.#frameBytes = 0
      return from
    }
    this.#receive(chunk[from]!, chunk.subarray(from + 1, from + length))
    return from + length
  }

  #go(frame: Buffer, chunk: Buffer, at: number): number {
    const taken = chunk.copy(frame, this.#frameBytes, at)
    this.#frameBytes += taken
    if (this.#frameBytes === frame.length) {
      this.#frame = undefined
      this.#receive(frame[0]!, frame.subarray(1))
    }
    return at + taken
  }
}
