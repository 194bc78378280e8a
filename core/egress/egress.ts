/**
 * When frames leave: those of one tick in one write a client, since a write is a system call and costs more than all
 * the rest. Frames for a room wait for the end of the tick: other members' frames join them. A frame for one client
 * leaves at the end of the chunk that brought it, with whatever waits for that client before it, so that order is kept.
 */

import type { Connection } from '../contracts/transport.js'
import type { Stats } from '../hub/stats.js'
import { FrameLog } from './frame-log.js'
import type { ReplayBounds } from './kept-frames.js'
import { Outbox } from './outbox.js'
import type { OutboxOwner } from './outbox-owner.js'

/** The limits of the config that bound what waits. */
export interface EgressLimits extends ReplayBounds {
  /** Bytes that a client may leave unread before it is too slow. */
  readonly queuedBytes: number
  /** What the log keeps for all who are connected. */
  readonly replayLogBytes: number
}

/** What a detached outbox holds, to be taken up by another process: the frames up to the one that is number `sent`. */
export interface SavedOutbox {
  readonly sent: number
  readonly written: number
  readonly frames: readonly Buffer[]
}

/** What all outboxes share. */
export interface OutboxParts extends Omit<EgressLimits, 'replayLogBytes'> {
  readonly log: FrameLog
  readonly stats: Stats
  readonly egress: Egress
}

/** More than a tick brings a client, as a rule. A slow reader holds one besides its own bytes, at most. */
const BLOCK_BYTES = 256 * 1024

export class Egress {
  /** Every counted frame is appended here first, and pushed by its position then. */
  readonly log: FrameLog
  readonly #parts: OutboxParts
  #dirty: Outbox[] = []
  /** Swapped with `#dirty` at each flush, so that no tick makes an array. */
  #spare: Outbox[] = []
  #scheduled = false
  /** Those with a frame for them alone. */
  #direct: Outbox[] = []
  #spareDirect: Outbox[] = []
  #lost: Outbox[] = []
  #block = Buffer.alloc(0)
  #blockUsed = 0

  constructor(stats: Stats, limits: EgressLimits) {
    const { queuedBytes, replayFrames, replayBytes, replayLogBytes } = limits
    this.log = new FrameLog(replayLogBytes, () => this.#schedule())
    stats.measureLogBytes = () => this.log.bytes
    this.#parts = { log: this.log, stats, egress: this, queuedBytes, replayFrames, replayBytes }
  }

  /** The outbox of a new session. */
  open(connection: Connection, owner: OutboxOwner): Outbox {
    return new Outbox(connection, owner, this.#parts)
  }

  /** The outbox of a session that comes from another process: detached, and empty until `Outbox.precede`. */
  restore(owner: OutboxOwner): Outbox {
    return new Outbox(undefined, owner, this.#parts)
  }

  /** Everything that one read of a socket has brought is queued: frames for one client alone leave now. */
  endOfChunk(): void {
    const direct = this.#direct
    this.#direct = this.#spareDirect
    for (const outbox of direct) outbox.flush()
    direct.length = 0
    this.#spareDirect = direct
  }

  /** Called by an outbox that has something to write, once until it is flushed. */
  mark(outbox: Outbox): void {
    this.#dirty.push(outbox)
    this.#schedule()
  }

  /** Called by an outbox that has a frame for its client alone, once until it is flushed. */
  markDirect(outbox: Outbox): void {
    this.#direct.push(outbox)
  }

  /** Called once by an outbox whose client can't come back to all it was sent. */
  markLost(outbox: Outbox): void {
    this.#lost.push(outbox)
    this.#schedule()
  }

  /** A place to gather so many bytes in for one write; alone in memory if asked for. */
  place(bytes: number, alone: boolean): Buffer {
    if (alone || bytes > BLOCK_BYTES) return Buffer.allocUnsafeSlow(bytes)
    if (this.#blockUsed + bytes > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
      this.#blockUsed = 0
    }
    const start = this.#blockUsed
    this.#blockUsed += bytes
    return this.#block.subarray(start, this.#blockUsed)
  }

  /** Has a connection write what was gathered in a place. As a rule it has taken all when it returns: the place is free. */
  write(connection: Connection, place: Buffer): void {
    connection.write(place)
    if (connection.queuedBytes === 0 && place.buffer === this.#block.buffer)
      this.#blockUsed = place.byteOffset
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    const { end } = this.log
    const dirty = this.#dirty
    this.#dirty = this.#spare
    for (const outbox of dirty) outbox.flush()
    dirty.length = 0
    this.#spare = dirty
    this.#direct.length = 0 // they were among the dirty ones, where nobody says when a chunk ends
    if (this.#lost.length > 0) this.#tellLosses()
    // What was appended before is written by now, or waits for nobody.
    this.log.trim(end)
  }

  #tellLosses(): void {
    const lost = this.#lost
    this.#lost = []
    for (const outbox of lost) outbox.tellLoss()
  }
}
