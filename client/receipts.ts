/** Counts what arrives in a session of the server, and tells it in time (docs/reference/protocol.md). */

import type { Clock } from './clock.js'

/** A frame is acknowledged at the latest after this long, milliseconds, … */
const ACK_MS = 250
/** … or with so many others: the server keeps every frame until then. */
const ACK_FRAMES = 64

export class Receipts {
  readonly #clock: Clock
  readonly #tell: (seen: number) => void
  #seen = 0
  #told = 0
  #cancel: (() => void) | undefined

  /** `tell` sends an acknowledgement; one that gets lost with its socket is made good by the handshake of the next. */
  constructor(clock: Clock, tell: (seen: number) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** Counted frames that arrived in this session of the server. */
  get seen(): number {
    return this.#seen
  }

  /** One more has arrived. */
  count(): void {
    this.#seen += 1
    if (this.#seen - this.#told >= ACK_FRAMES) this.tell()
    else this.#cancel ??= this.#clock.after(ACK_MS, () => this.tell())
  }

  /** Acknowledges now: the server asked for a sign of life, say. */
  tell(): void {
    this.stop()
    this.#told = this.#seen
    this.#tell(this.#seen)
  }

  /** A new session of the server counts from the start. */
  reset(): void {
    this.stop()
    this.#seen = 0
    this.#told = 0
  }

  /** Ends the timer. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
