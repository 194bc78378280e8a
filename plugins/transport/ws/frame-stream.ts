/**
 * What one client's socket receives, as frames: the engine finds them, here is what belongs to this connection alone,
 * a frame that isn't complete and a message whose last fragment hasn't come. Both are bounded by the longest message.
 */

import { isUtf8 } from 'node:buffer'
import { FRAMES, type FrameReader, INCOMPLETE } from '../../../core/api.js'
import { ByteStore } from './byte-store.js'
import { NO_CODE } from './close-frame.js'

/** As many as ws allows a message. */
const MAX_FRAGMENTS = 16 * 1024

const BAD_UTF8 = 1007
const TOO_MANY_FRAGMENTS = 1008

/** Told of everything in the order in which it came. Payloads are valid until the call returns. */
export interface FrameHandler {
  /** A text message in one frame: `FrameReader.payload` has it, UTF-8 or not. False when it isn't. */
  frame(): boolean
  /** A text message that came in fragments, UTF-8. */
  message(bytes: Buffer): void
  binary(): void
  ping(payload: Buffer): void
  pong(payload: Buffer): void
  /** The client closes; nothing is read after that. The code is `NO_CODE` when the frame names none. */
  closed(code: number, reason: string): void
  /** The client has broken RFC 6455 and deserves this close code; nothing is read after that. */
  broken(code: number): void
  /** Everything that a chunk held has been told. */
  endOfChunk(): void
}

/** A message whose last fragment hasn't come. */
interface Unfinished {
  readonly isText: boolean
  readonly bytes: ByteStore
  fragments: number
}

/** Shared by all to whom nothing came late. */
const NONE_LATE: Buffer[] = []

export class FrameStream {
  readonly #reader: FrameReader
  readonly #handler: FrameHandler
  /** The beginning of a frame. */
  readonly #rest = new ByteStore()
  /** How long `#rest` must be before another look at it is of use. */
  #needed = 0
  #unfinished: Unfinished | undefined
  #ended = false
  /** Chunks that came while another one was being read. */
  #late = NONE_LATE

  constructor(reader: FrameReader, handler: FrameHandler) {
    this.#reader = reader
    this.#handler = handler
  }

  /** Reads the first `lengthBytes` bytes of the reader's `chunk`, which are this client's. */
  read(lengthBytes: number): void {
    if (this.#ended) return
    const reader = this.#reader
    const rest = this.#rest
    if (rest.length > 0 && rest.length + lengthBytes < this.#needed) {
      rest.append(reader.chunk.subarray(0, lengthBytes))
      return
    }
    reader.begin(lengthBytes, rest.bytes, this.#unfinished?.bytes.length ?? -1)
    if (rest.length > 0) rest.clear()
    try {
      this.#readFrames(reader)
    } finally {
      reader.end()
    }
    this.#handler.endOfChunk()
  }

  #readFrames(reader: FrameReader): void {
    let found = reader.next()
    while (found >= 0) {
      this.#take(found)
      if (this.#ended) return
      found = reader.next()
    }
    if (found === INCOMPLETE) this.#keep()
    else this.#break(-found)
  }

  /** Reads bytes that lie anywhere, of any length. */
  feed(bytes: Buffer): void {
    if (this.#reader.busy || this.#late.length > 0) this.#feedLater(bytes)
    else this.#feedNow(bytes)
  }

  #feedNow(bytes: Buffer): void {
    const { chunk } = this.#reader
    for (let at = 0; at < bytes.length; at += chunk.length) {
      const part = bytes.subarray(at, at + chunk.length)
      chunk.set(part)
      this.read(part.length)
    }
  }

  /** A socket that isn't one of the operating system's may receive while another one is written to, and so in here. */
  #feedLater(bytes: Buffer): void {
    if (this.#late.length > 0) {
      this.#late.push(Buffer.from(bytes))
      return
    }
    this.#late = [Buffer.from(bytes)]
    setImmediate(() => {
      const late = this.#late
      this.#late = NONE_LATE
      for (const chunk of late) this.#feedNow(chunk)
    })
  }

  #take(frame: number): void {
    const handler = this.#handler
    if (frame === FRAMES.text) {
      if (!handler.frame()) this.#break(BAD_UTF8)
    } else if (frame === FRAMES.ping) {
      handler.ping(this.#reader.payload)
    } else if (frame === FRAMES.pong) {
      handler.pong(this.#reader.payload)
    } else if (frame === FRAMES.close) {
      this.#close(this.#reader.payload)
    } else if (frame === FRAMES.binary) {
      handler.binary()
    } else {
      this.#gather(frame)
    }
  }

  #gather(frame: number): void {
    if (frame === FRAMES.textBegins || frame === FRAMES.binaryBegins) {
      this.#unfinished = { isText: frame === FRAMES.textBegins, bytes: new ByteStore(), fragments: 0 }
    }
    const unfinished = this.#unfinished!
    if (++unfinished.fragments > MAX_FRAGMENTS) {
      this.#break(TOO_MANY_FRAGMENTS)
      return
    }
    unfinished.bytes.append(this.#reader.payload)
    if (frame !== FRAMES.ends) return
    this.#unfinished = undefined
    const { bytes } = unfinished.bytes
    if (!unfinished.isText) this.#handler.binary()
    else if (isUtf8(bytes)) this.#handler.message(bytes)
    else this.#break(BAD_UTF8)
  }

  #close(payload: Buffer): void {
    this.#end()
    if (payload.length === 0) this.#handler.closed(NO_CODE, '')
    else this.#handler.closed(payload.readUInt16BE(0), payload.toString('utf8', 2))
  }

  #break(code: number): void {
    this.#end()
    this.#handler.broken(code)
  }

  #keep(): void {
    const { payload } = this.#reader
    if (payload.length > 0) this.#rest.append(payload)
    this.#needed = this.#reader.neededBytes
  }

  #end(): void {
    this.#ended = true
    this.#unfinished = undefined
    this.#rest.clear()
  }
}
