/**
 * What one session is sent: the queue of what isn't written yet, and the ring of what the client hasn't acknowledged.
 * Both are one ring of positions in the frame log, indexed by the numbers of counted frames:
 *
 * ```
 *    acknowledged │      written, may be lost with the socket      │  queued
 *   ──────────────┼────────────────────────────────────────────────┼──────────────▶ number
 *                 │ #oldest …                           … #written │ …        sent
 * ```
 *
 * It outlives sockets. While there is none, frames are kept as copies, so that it needs nothing of the log.
 */

import type { Connection } from '../contracts/transport.js'
import { ackFrame } from '../hub/control-frames.js'
import type { OutboxParts, SavedOutbox } from './egress.js'
import { KeptFrames } from './kept-frames.js'
import type { OutboxOwner } from './outbox-owner.js'
import { enlarged, NO_POSITIONS, positionOf, setPosition } from './positions.js'
import { UncountedFrames } from './uncounted-frames.js'

/** What waits for the end of the tick is in the ring too: it may always hold so many. */
const LEAST_FRAMES = 1024
/** In place of where a region ends, when what is queued isn't one. */
const SCATTERED = -1

export class Outbox {
  readonly #parts: OutboxParts
  readonly #owner: OutboxOwner
  #connection: Connection | undefined
  #closed = false
  /** The number of the newest counted frame. */
  sent = 0
  /** Up to here the client has everything. */
  #acknowledged = 0
  #written = 0
  /** The oldest frame that is still there; one more than `sent` when there is none. */
  #oldest = 1
  #ring = NO_POSITIONS
  /** While detached: the frames from `#oldest` to `sent`. */
  #kept: KeptFrames | undefined
  /** Where the region of the log ends that holds all that is queued. */
  #regionEnd = SCATTERED
  #uncounted: UncountedFrames | undefined
  #ack = 0
  /** Bytes of what is queued, acknowledgements aside. */
  #queued = 0
  #isDirty = false
  #isDirect = false
  #isLost = false
  /** Bytes that sockets have been given so far. */
  writtenBytes = 0

  /** Use `Egress.open` or `Egress.restore`. */
  constructor(connection: Connection | undefined, owner: OutboxOwner, parts: OutboxParts) {
    this.#owner = owner
    this.#parts = parts
    this.#connection = connection
    if (!connection) this.#kept = new KeptFrames(parts)
  }

  /** Queues a counted frame, which may be shared with other outboxes; `position` is where it was appended just now. */
  push(position: number): void {
    if (this.#connection === undefined) {
      this.#keep(position)
      return
    }
    if (this.sent - this.#oldest + 1 >= this.#ring.length) this.#makeRoom(this.#connection)
    const isFirst = this.sent++ === this.#written
    setPosition(this.#ring, this.sent, position)
    const bytes = this.#parts.log.lengthAt(position)
    this.#queued += bytes
    this.#regionEnd = isFirst || position === this.#regionEnd ? position + bytes : SCATTERED
    this.#touch()
  }

  /** As `push`, for a frame that nobody else receives: it leaves at the end of the chunk, at the latest of the tick. */
  pushDirect(position: number): void {
    this.push(position)
    if (this.#isDirect || this.#connection === undefined) return
    this.#isDirect = true
    this.#parts.egress.markDirect(this)
  }

  /**
   * Queues a frame that isn't counted: it keeps its place in the order of what is written, is never replayed, and is
   * forgotten with the socket. One that is told while there is no socket is the first that the next one is given.
   */
  tell(frame: Buffer): void {
    if (this.#closed) return
    this.#queueUncounted(frame)
    this.#touch()
  }

  /** Acknowledges everything up to `id`; a tick's acknowledgements are one frame, behind its other frames. */
  ack(id: number): void {
    if (this.#connection === undefined) return
    this.#ack = id
    this.#touch()
  }

  /**
   * The client has all counted frames up to `seen`: they are let go of. False when it can't be true, beyond what was
   * written or below what was acknowledged before; nothing has changed then.
   */
  acknowledge(seen: number): boolean {
    if (!(seen >= this.#acknowledged && seen <= this.#written)) return false
    this.#acknowledged = seen
    if (seen >= this.#oldest) this.#oldest = seen + 1
    return true
  }

  /** Writes what waits. Also called by the end of the tick. */
  flush(): void {
    this.#isDirty = false
    this.#isDirect = false
    const connection = this.#connection
    if (connection === undefined) return
    // What one tick brought may be large (a room's list of members); what the client has left unread may not.
    if (connection.queuedBytes > this.#parts.queuedBytes) {
      this.#owner.tooSlow()
      if (this.#connection === connection) this.detach() // the log keeps nothing for those who don't read
    } else {
      this.#write(connection)
    }
  }

  /** Writes what waits, unless the client reads too slowly, and closes. */
  finish(): void {
    const connection = this.#connection
    if (connection !== undefined && connection.queuedBytes <= this.#parts.queuedBytes) this.#write(connection)
    this.close()
  }

  /**
   * The socket is gone. What the client hasn't acknowledged is copied out of the log, within the bounds, and what is
   * pushed from now on too. Bytes that the socket still holds count: who doesn't read costs no more than who is away.
   */
  detach(): void {
    if (this.#connection === undefined) return
    const { log, replayFrames, replayBytes } = this.#parts
    const bounds = { replayFrames, replayBytes: replayBytes - this.#connection.queuedBytes }
    this.#connection = undefined
    this.#kept = KeptFrames.of(log, this.#ring, this.#oldest, this.sent, bounds)
    this.#ring = NO_POSITIONS
    this.#forgetUncounted()
    this.#noticeFallen(this.#kept)
  }

  /** The client is back: this socket is sent what follows `seen`. False, and nothing has changed, unless `covers`. */
  attach(connection: Connection, seen: number): boolean {
    if (!this.covers(seen)) return false
    const kept = this.#kept
    const newest = this.sent
    const skipped = seen + 1 - this.#oldest
    this.#connection = connection
    this.#kept = undefined
    this.#uncounted?.moveBehind(seen)
    this.#queued = this.#uncounted?.bytes ?? 0
    // As if what the client lacks were sent only now.
    this.sent = seen
    this.#written = seen
    this.acknowledge(seen)
    this.#touch()
    if (kept !== undefined) {
      for (const frame of kept.frames.slice(skipped)) this.push(this.#parts.log.append(frame))
    } else {
      for (let number = seen + 1; number <= newest; number++) this.push(positionOf(this.#ring, number))
    }
    return true
  }

  /** Whether a client that has all counted frames up to `seen` could go on: what `attach` would say. */
  covers(seen: number): boolean {
    if (this.#closed || !(seen >= this.#oldest - 1 && seen <= this.#written)) return false
    return (
      this.#kept !== undefined || seen === this.sent || this.#parts.log.has(positionOf(this.#ring, seen + 1))
    )
  }

  /** What a detached outbox holds. The frames stay its own. */
  save(): SavedOutbox {
    return { sent: this.sent, written: this.#written, frames: this.#kept?.frames ?? [] }
  }

  /** What another process has sent and kept comes before what this outbox, without a socket, has kept so far. */
  precede({ sent, written, frames }: SavedOutbox): void {
    const kept = new KeptFrames(this.#parts, [...frames, ...this.#kept!.frames])
    this.sent += sent
    this.#written = written
    this.#acknowledged = sent - frames.length
    this.#kept = kept
    this.#noticeFallen(kept)
  }

  /** Bytes that wait here and in the socket. */
  get queuedBytes(): number {
    return this.#queued + (this.#connection?.queuedBytes ?? 0)
  }

  /** Bytes kept for a client that is away. */
  get keptBytes(): number {
    return this.#kept?.bytes ?? 0
  }

  close(): void {
    this.#closed = true
    this.#connection = undefined
    this.#ring = NO_POSITIONS
    this.#kept = undefined
    this.#forgetUncounted()
  }

  /** Called by `Egress`, when what was lost can be told. */
  tellLoss(): void {
    if (!this.#closed) this.#owner.lost()
  }

  #touch(): void {
    if (this.#isDirty || this.#connection === undefined) return
    this.#isDirty = true
    this.#parts.egress.mark(this)
  }

  #queueUncounted(frame: Buffer): void {
    this.#uncounted ??= new UncountedFrames()
    this.#uncounted.add(frame, this.sent)
    this.#queued += frame.length
  }

  #forgetUncounted(): void {
    this.#uncounted = undefined
    this.#ack = 0
    this.#queued = 0
  }

  #write(connection: Connection): void {
    const { log, stats, egress } = this.#parts
    if (this.#ack !== 0) {
      this.#queueUncounted(ackFrame(this.#ack))
      this.#ack = 0
    }
    if (this.#queued === 0) return
    stats.deliveries += this.sent - this.#written + (this.#uncounted?.count ?? 0)
    stats.bytesOut += this.#queued
    stats.writes++
    this.writtenBytes += this.#queued
    // Who is behind is given bytes of its own, and so holds nothing else in memory.
    const isBehind = connection.queuedBytes > 0
    const isRegion = !isBehind && this.#uncounted === undefined && this.#regionEnd !== SCATTERED
    const gathered = isRegion ? undefined : this.#gather(egress.place(this.#queued, isBehind))
    const first = positionOf(this.#ring, this.#written + 1)
    const end = this.#regionEnd
    // The last thing to do: a socket may answer before it returns.
    this.#written = this.sent
    this.#queued = 0
    if (gathered === undefined) log.write(connection, first, end)
    else egress.write(connection, gathered)
  }

  /** Everything that is queued, in order, in one place. */
  #gather(target: Buffer): Buffer {
    const uncounted = this.#uncounted
    this.#uncounted = undefined
    let at = uncounted?.take(this.#written, target, 0) ?? 0
    for (let number = this.#written + 1; number <= this.sent; number++) {
      at = this.#parts.log.copy(positionOf(this.#ring, number), target, at)
      if (uncounted !== undefined) at = uncounted.take(number, target, at)
    }
    return target
  }

  /** The ring is full: it grows, or its oldest frame falls out, which matters only if the client comes back without it. */
  #makeRoom(connection: Connection): void {
    if (this.#ring.length < Math.max(LEAST_FRAMES, this.#parts.replayFrames)) {
      this.#ring = enlarged(this.#ring, this.#oldest, this.sent)
      return
    }
    // So much within a tick: some of it leaves earlier.
    if (this.#oldest > this.#written) this.#write(connection)
    this.#oldest++
  }

  #keep(position: number): void {
    this.sent++
    if (this.#kept === undefined || this.#isLost) return
    this.#kept.add(this.#parts.log.copyOf(position))
    this.#noticeFallen(this.#kept)
  }

  /** What was written may have arrived, and the client will say so; what never was can't have. */
  #noticeFallen(kept: KeptFrames): void {
    this.#oldest = this.sent - kept.frames.length + 1
    if (this.#oldest <= this.#written + 1) return
    this.#isLost = true
    kept.clear()
    this.#parts.egress.markLost(this)
  }
}
