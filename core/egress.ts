/**
 * What leaves: frames queue per client and go out in one write, since a write is a system call and costs more than all
 * the rest. Frames for a room wait for the end of the tick: other members' frames join them. A frame for one client
 * leaves at the end of the chunk that brought it, with whatever waits for that client before it, so that order is kept.
 */

import type { Connection } from './contracts/transport.js'
import { ackFrame } from './control-frames.js'
import type { Stats } from './stats.js'

export class Egress {
  readonly #stats: Stats
  readonly #limitBytes: number
  #dirty: Outbox[] = []
  /** Swapped with `#dirty` at each flush, so that no tick makes an array. */
  #spare: Outbox[] = []
  #scheduled = false
  /** Those with a frame for them alone. */
  #direct: Outbox[] = []
  #spareDirect: Outbox[] = []

  /** `limitBytes` bounds what may wait for one client. */
  constructor(stats: Stats, limitBytes: number) {
    this.#stats = stats
    this.#limitBytes = limitBytes
  }

  /** The queue of a new client. `overflow` is called, outside the hot path, when the client reads too slowly. */
  open(connection: Connection, overflow: () => void): Outbox {
    return new Outbox(connection, this.#stats, this.#limitBytes, overflow, this)
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
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  /** Called by an outbox that has a frame for its client alone, once until it is flushed. */
  markDirect(outbox: Outbox): void {
    this.#direct.push(outbox)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    const dirty = this.#dirty
    this.#dirty = this.#spare
    for (const outbox of dirty) outbox.flush()
    dirty.length = 0
    this.#spare = dirty
    this.#direct.length = 0 // they were among the dirty ones, where nobody says when a chunk ends
  }
}

/** The queue of one client. Order is kept. */
export class Outbox {
  readonly #connection: Connection
  readonly #stats: Stats
  readonly #limitBytes: number
  readonly #overflow: () => void
  readonly #egress: Egress
  #frames: Buffer[] = []
  #bytes = 0
  #ack = 0
  #dirty = false
  #isDirect = false
  #closed = false
  /** Whether anything was written since it was last set to false: a sign of life for the client. */
  wrote = false

  constructor(
    connection: Connection,
    stats: Stats,
    limitBytes: number,
    overflow: () => void,
    egress: Egress,
  ) {
    this.#connection = connection
    this.#stats = stats
    this.#limitBytes = limitBytes
    this.#overflow = overflow
    this.#egress = egress
  }

  /** Queues a frame, which may be shared with other queues. */
  push(frame: Buffer): void {
    if (this.#closed) return
    this.#frames.push(frame)
    this.#bytes += frame.length
    this.#touch()
  }

  /** As `push`, for a frame that nobody else receives: it leaves at the end of the chunk, at the latest of the tick. */
  pushDirect(frame: Buffer): void {
    this.push(frame)
    if (this.#isDirect || this.#closed) return
    this.#isDirect = true
    this.#egress.markDirect(this)
  }

  /** Acknowledges everything up to `id`; a tick's acknowledgements are one frame, behind its other frames. */
  ack(id: number): void {
    if (this.#closed) return
    this.#ack = id
    this.#touch()
  }

  /** Writes what waits. Also called by the end of the tick. */
  flush(): void {
    this.#dirty = false
    this.#isDirect = false
    if (this.#closed) return
    // What one tick brought may be large (a room's list of members); what the client has left unread may not.
    if (this.#connection.queuedBytes > this.#limitBytes) this.#overflow()
    else this.#write()
  }

  /** Writes what waits, unless the client reads too slowly, and closes. */
  finish(): void {
    if (!this.#closed && this.#connection.queuedBytes <= this.#limitBytes) this.#write()
    this.close()
  }

  #write(): void {
    if (this.#ack !== 0) {
      const frame = ackFrame(this.#ack)
      this.#ack = 0
      this.#frames.push(frame)
      this.#bytes += frame.length
    }
    if (this.#frames.length === 0) return
    const frames = this.#frames
    this.#frames = []
    this.#stats.deliveries += frames.length
    this.#stats.bytesOut += this.#bytes
    this.#stats.writes++
    this.#bytes = 0
    this.wrote = true
    this.#connection.write(frames)
  }

  /** Bytes that wait here and in the socket. */
  get queuedBytes(): number {
    return this.#closed ? 0 : this.#bytes + this.#connection.queuedBytes
  }

  /** Lets go of everything; later frames are dropped. */
  close(): void {
    this.#closed = true
    this.#frames = []
    this.#bytes = 0
  }

  #touch(): void {
    if (this.#dirty) return
    this.#dirty = true
    this.#egress.mark(this)
  }
}
