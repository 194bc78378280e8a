/**
 * What leaves: frames queue per client and go out once a tick, in one write. Under load that is worth an order of
 * magnitude (a write is a system call); without load a tick ends at once.
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

  /** `limitBytes` bounds what may wait for one client. */
  constructor(stats: Stats, limitBytes: number) {
    this.#stats = stats
    this.#limitBytes = limitBytes
  }

  /** The queue of a new client. `overflow` is called, outside the hot path, when the client reads too slowly. */
  open(connection: Connection, overflow: () => void): Outbox {
    return new Outbox(connection, this.#stats, this.#limitBytes, overflow, this.#mark)
  }

  readonly #mark = (outbox: Outbox): void => {
    this.#dirty.push(outbox)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    const dirty = this.#dirty
    this.#dirty = this.#spare
    for (const outbox of dirty) outbox.flush()
    dirty.length = 0
    this.#spare = dirty
  }
}

/** The queue of one client. Order is kept. */
export class Outbox {
  readonly #connection: Connection
  readonly #stats: Stats
  readonly #limitBytes: number
  readonly #overflow: () => void
  readonly #mark: (outbox: Outbox) => void
  #frames: Buffer[] = []
  #bytes = 0
  #ack = 0
  #dirty = false
  #closed = false
  /** Whether anything was written since it was last set to false: a sign of life for the client. */
  wrote = false

  constructor(
    connection: Connection,
    stats: Stats,
    limitBytes: number,
    overflow: () => void,
    mark: (outbox: Outbox) => void,
  ) {
    this.#connection = connection
    this.#stats = stats
    this.#limitBytes = limitBytes
    this.#overflow = overflow
    this.#mark = mark
  }

  /** Queues a frame, which may be shared with other queues. */
  push(frame: Buffer): void {
    if (this.#closed) return
    this.#frames.push(frame)
    this.#bytes += frame.length
    this.#touch()
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
    this.#mark(this)
  }
}
