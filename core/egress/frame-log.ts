/**
 * Where outgoing frames lie: each is appended once, however many receive it, and named by its *position*, an integer
 * that only grows. Queues and replay rings hold positions; what a socket writes is a view of the log.
 *
 * ```
 *   segments     ┌──────────────────────┬──────────────────────┬─ ─ ─
 *                │frame│frame │f│      ·│frame       │frame│···│
 *   positions    └──────────────────────┴──────────────────────┴─ ─ ─
 *                 n × 2^20               (n + 1) × 2^20
 * ```
 *
 * The bytes of a write that is under way can't change: when a socket doesn't take all of them at once, the segment is
 * never written again, and the garbage collector has it when the write is done. Nobody counts references. All other
 * segments are used again: fresh memory costs more than the copy that goes into it.
 */

import type { Connection } from '../contracts/transport.js'
import { type Engine, FRAME_SLACK } from '../engine/engine.js'

/** Positions from one segment to the next. A frame that is longer takes several, and a Buffer of its own. */
const SEGMENT_BYTES = 1 << 20

/** As many as are kept for when they are needed; as a rule, that is soon. */
const MAX_FREE = 8

const NO_SEGMENT: Buffer = Buffer.alloc(0)

export class FrameLog {
  readonly #capacity: number
  readonly #grown: () => void
  /** By number, from `#firstNumber` on. What a long frame takes besides its first segment is `NO_SEGMENT`. */
  readonly #segments: Buffer[] = []
  #firstNumber = 0
  /** Numbers of segments of which a socket has still to write a part. */
  readonly #lent = new Set<number>()
  /** Segments that were let go of and that nobody refers to. */
  readonly #free: Buffer[] = []
  /** The newest segment, and the position and the offset at which the next frame goes into it. */
  #segment = NO_SEGMENT
  #segmentStart = 0
  #used = 0
  /** The frame that was appended last, since it is the one that is asked about. */
  #last = -1
  #lastBytes = 0
  /** The view that was asked for last, since others ask for the same. */
  #view = NO_SEGMENT
  #viewStart = -1
  #viewEnd = -1
  /** The frame that was copied last: a room may have many members without a socket. */
  #copied = -1
  #copy = NO_SEGMENT

  /** Keeps the newest `keptBytes`, in whole segments; calls `grown` when it holds more, which `trim` ends. */
  constructor(keptBytes: number, grown: () => void = () => {}) {
    this.#capacity = Math.max(1, Math.ceil(keptBytes / SEGMENT_BYTES))
    this.#grown = grown
  }

  /** Appends a copy of a complete, unmasked WebSocket frame. Returns its position. */
  append(frame: Uint8Array): number {
    const position = this.#place(frame.length)
    this.#segment.set(frame, position - this.#segmentStart)
    return position
  }

  /** As `append`, for the frame that an engine has built last, without a Buffer in between. */
  appendFrom(engine: Pick<Engine, 'frameBytes' | 'writeFrame'>): number {
    const position = this.#place(engine.frameBytes)
    engine.writeFrame(this.#segment, position - this.#segmentStart)
    return position
  }

  /** The position behind everything that was appended. */
  get end(): number {
    return this.#segmentStart + this.#used
  }

  /** Whether the frame at a position hasn't been let go of. */
  has(position: number): boolean {
    return position >= this.#firstNumber * SEGMENT_BYTES
  }

  /** Memory that the log itself holds. */
  get bytes(): number {
    let bytes = 0
    for (const segment of this.#segments) bytes += segment.length
    return bytes
  }

  /** How long the frame at a position is: its header says so (RFC 6455 section 5.2). */
  lengthAt(position: number): number {
    return position === this.#last ? this.#lastBytes : this.#readLength(position)
  }

  /**
   * The bytes from `start` to `end`, which must lie within one segment: as frames that were appended one behind the
   * other do whose positions say so. Shared with whoever asks for the same; never to be modified, nor kept beyond the
   * call: the segment is used again.
   */
  view(start: number, end: number): Buffer {
    if (start === this.#viewStart && end === this.#viewEnd) return this.#view
    const number = Math.floor(start / SEGMENT_BYTES)
    const offset = start - number * SEGMENT_BYTES
    const view = this.#at(number).subarray(offset, offset + end - start)
    this.#view = view
    this.#viewStart = start
    this.#viewEnd = end
    return view
  }

  /** Has a connection write a region, as of `view`. What it doesn't take at once is left to it. */
  write(connection: Pick<Connection, 'write' | 'queuedBytes'>, start: number, end: number): void {
    connection.write(this.view(start, end))
    if (connection.queuedBytes > 0) this.#lent.add(Math.floor(start / SEGMENT_BYTES))
  }

  /** Copies the frame at a position to `target`; returns where it ends there. */
  copy(position: number, target: Buffer, at: number): number {
    const number = Math.floor(position / SEGMENT_BYTES)
    const offset = position - number * SEGMENT_BYTES
    const bytes = this.lengthAt(position)
    this.#at(number).copy(target, at, offset, offset + bytes)
    return at + bytes
  }

  /** The frame at a position, in a Buffer of its own: the same one for all who ask for it one after the other. */
  copyOf(position: number): Buffer {
    if (position === this.#copied) return this.#copy
    this.#copied = position
    this.#copy = Buffer.allocUnsafeSlow(this.lengthAt(position))
    this.copy(position, this.#copy, 0)
    return this.#copy
  }

  /** Lets go of the oldest segments beyond what is kept, as far as they lie before `position`. */
  trim(position: number): void {
    const segments = this.#segments
    while (segments.length > this.#capacity && (this.#firstNumber + 1) * SEGMENT_BYTES <= position) {
      const segment = segments.shift()!
      const isFree = !this.#lent.delete(this.#firstNumber++)
      if (isFree && segment.length === SEGMENT_BYTES + FRAME_SLACK && this.#free.length < MAX_FREE) {
        this.#free.push(segment)
      }
    }
    if (!this.has(this.#viewStart)) this.#forgetView()
  }

  #place(bytes: number): number {
    // Never to a segment's last byte, so that no frame seems to follow one that lies in another segment.
    if (this.#used + bytes >= this.#segment.length - FRAME_SLACK) this.#addSegment(bytes)
    const position = this.#segmentStart + this.#used
    this.#used += bytes
    this.#last = position
    this.#lastBytes = bytes
    return position
  }

  #addSegment(bytes: number): void {
    const segments = this.#segments
    this.#segmentStart = (this.#firstNumber + segments.length) * SEGMENT_BYTES
    this.#used = 0
    this.#segment = this.#newSegment(Math.max(SEGMENT_BYTES, bytes + 1) + FRAME_SLACK)
    segments.push(this.#segment)
    for (let more = Math.floor(bytes / SEGMENT_BYTES); more > 0; more--) segments.push(NO_SEGMENT)
    if (segments.length > this.#capacity) this.#grown()
  }

  #newSegment(bytes: number): Buffer {
    const isUsual = bytes === SEGMENT_BYTES + FRAME_SLACK
    return (isUsual && this.#free.pop()) || Buffer.allocUnsafeSlow(bytes)
  }

  #at(number: number): Buffer {
    const segment = this.#segments[number - this.#firstNumber]
    if (segment === undefined) throw new RangeError('the log no longer has this frame')
    return segment
  }

  #readLength(position: number): number {
    const number = Math.floor(position / SEGMENT_BYTES)
    const segment = this.#at(number)
    const offset = position - number * SEGMENT_BYTES
    const short = segment[offset + 1]!
    if (short < 126) return 2 + short
    return short === 126
      ? 4 + segment.readUInt16BE(offset + 2)
      : 10 + Number(segment.readBigUInt64BE(offset + 2))
  }

  #forgetView(): void {
    this.#view = NO_SEGMENT
    this.#viewStart = -1
    this.#viewEnd = -1
  }
}
