/** The sending half of a link: what waits to be sent in this tick, and what was sent and isn't confirmed. */

import { FRAME_SLACK } from '../../engine/engine.js'
import { RECORD_HEADER_BYTES } from '../wire/batch.js'
import type { FrameSource } from './link.js'

/** The longest record there may be; whoever has more to say makes several of it. A bus carries twice that. */
export const MAX_RECORD_BYTES = 256 * 1024
/** A batch that has grown to this leaves before the tick ends. */
const FULL_BATCH_BYTES = 128 * 1024
/** How much of what was sent before is sent again until some of it is confirmed: at most, and behind a probe at first. */
const REPEAT_BYTES = 1024 * 1024
const FIRST_REPEAT_BYTES = 64 * 1024
const FIRST_BATCH_BYTES = 2048

/**
 * Collects records into batches, which are numbered from 1, and keeps each until it is confirmed. The cursor is the
 * batch that is posted next; it goes back to the oldest that isn't confirmed when one was lost (go-back-N).
 */
export class Outgoing {
  /** How often a batch was posted once more. */
  repeated = 0
  /** Bytes that aren't confirmed, those that wait included. */
  bytes = 0
  readonly #limitBytes: number
  #building = Buffer.allocUnsafe(FIRST_BATCH_BYTES)
  #used = 0
  #overflowed = false
  /** Sealed and not confirmed, from `#head` on; that one is number `#first`. */
  #batches: Buffer[] = []
  #head = 0
  #first = 1
  /** The number of the batch that is being built. */
  #next = 1
  #cursor = 1
  /** The first number that was never posted. */
  #fresh = 1
  /** Bytes of the batches from the oldest to before the cursor, and how many of those may be repeated ones. */
  #aheadBytes = 0
  #windowBytes = REPEAT_BYTES
  /** A batch that was posted once more to see whether the rest is only late; 0: none. */
  #probe = 0

  /** Beyond `limitBytes` it takes nothing more. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** The batch that the last record went into; 0: none. */
  get position(): number {
    return this.#used > 0 || this.#overflowed ? this.#next : this.#next - 1
  }

  get confirmed(): number {
    return this.#first - 1
  }

  /** Whether records wait to be sealed. */
  get waits(): boolean {
    return this.#used > 0
  }

  /** The batch that waits is long enough to leave now. */
  get isFull(): boolean {
    return this.#used >= FULL_BATCH_BYTES
  }

  /** A record was refused: the other node doesn't confirm as fast as this one sends. */
  get overflowed(): boolean {
    return this.#overflowed
  }

  /** Everything that was sealed has been posted. */
  get isPosted(): boolean {
    return this.#cursor === this.#next
  }

  /** Something was posted that isn't confirmed. */
  get isAwaiting(): boolean {
    return this.#first < this.#cursor
  }

  append(type: number, parts: readonly Uint8Array[]): void {
    let length = 0
    for (const part of parts) length += part.length
    let at = this.#place(type, length, 0)
    if (at === -1) return
    for (const part of parts) {
      this.#building.set(part, at)
      at += part.length
    }
  }

  appendFrame(type: number, head: Uint8Array, engine: FrameSource): void {
    const { frameBytes } = engine
    const at = this.#place(type, head.length + frameBytes, FRAME_SLACK)
    if (at === -1) return
    this.#building.set(head, at)
    engine.writeFrame(this.#building, at + head.length)
  }

  /** Ends the batch that waits: `make` frames its records, which are valid during the call. */
  seal(make: (number: number, records: Buffer) => Buffer): void {
    const message = make(this.#next, this.#building.subarray(0, this.#used))
    this.#batches.push(message)
    this.#next++
    this.bytes += message.length - this.#used
    this.#used = 0
  }

  /** Posts what is due, from the cursor on. Stops where `post` says that it can't. */
  pump(post: (message: Buffer) => boolean): void {
    while (this.#cursor < this.#next) {
      const isRepeated = this.#cursor < this.#fresh
      if (isRepeated && this.#aheadBytes >= this.#windowBytes) return
      const message = this.#batches[this.#head + this.#cursor - this.#first]!
      if (!post(message)) return
      if (isRepeated) this.repeated++
      this.#aheadBytes += message.length
      this.#cursor++
      if (!isRepeated) this.#fresh = this.#cursor
    }
  }

  /** All batches up to `number` were handled. False when there was never such a batch. */
  confirm(number: number): boolean {
    if (number >= this.#fresh) return false
    if (number < this.#first) return true
    for (; this.#first <= number; this.#first++) {
      const { length } = this.#batches[this.#head]!
      this.#batches[this.#head++] = NOTHING
      this.bytes -= length
      if (this.#first < this.#cursor) this.#aheadBytes -= length
    }
    // More than the probe has arrived: what came behind it was late, not lost.
    if (this.#probe !== 0 && number > this.#probe) this.#skipTo(this.#fresh)
    else if (this.#cursor < this.#first) this.#cursor = this.#first
    this.#probe = 0
    this.#windowBytes = Math.min(REPEAT_BYTES, Math.max(FIRST_REPEAT_BYTES, this.#windowBytes * 2))
    if (this.#head === this.#batches.length) this.#forget(0)
    else if (this.#head > 64 && this.#head * 2 > this.#batches.length) this.#forget(this.#batches.length)
    return true
  }

  /** Something was lost: goes back to the oldest batch that isn't confirmed. */
  rewind(): void {
    this.#cursor = this.#first
    this.#aheadBytes = 0
    this.#probe = 0
    this.#windowBytes = REPEAT_BYTES
  }

  /** Something is late, or lost: goes back to the oldest batch, and no further until it is confirmed. */
  probe(): void {
    this.rewind()
    this.#probe = this.#first
    this.#windowBytes = 1
  }

  /** Takes batches for posted that were posted before. */
  #skipTo(cursor: number): void {
    this.#cursor = Math.max(this.#cursor, this.#first)
    for (; this.#cursor < cursor; this.#cursor++) {
      this.#aheadBytes += this.#batches[this.#head + this.#cursor - this.#first]!.length
    }
  }

  #forget(length: number): void {
    if (length === 0) this.#batches.length = 0
    else this.#batches = this.#batches.slice(this.#head)
    this.#head = 0
  }

  /** Makes room for a record behind those that wait, with `slack` bytes after it; where its body goes, -1: nowhere. */
  #place(type: number, bodyBytes: number, slack: number): number {
    if (bodyBytes > MAX_RECORD_BYTES) throw new RangeError(`a record of ${bodyBytes} bytes is too long`)
    const bytes = RECORD_HEADER_BYTES + bodyBytes
    if (this.#overflowed || this.bytes + bytes > this.#limitBytes) {
      this.#overflowed = true
      return -1
    }
    const start = this.#used
    if (start + bytes + slack > this.#building.length) this.#grow(start + bytes + slack)
    this.#building[start] = type
    this.#building.writeUInt32BE(bodyBytes, start + 1)
    this.#used += bytes
    this.bytes += bytes
    return start + RECORD_HEADER_BYTES
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#building.length * 2))
    this.#building.copy(larger, 0, 0, this.#used)
    this.#building = larger
  }
}

/** Stands where a confirmed batch was. */
const NOTHING = Buffer.alloc(0)
