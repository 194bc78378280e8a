import type { Clock, Timer } from './clock.js'

/** How far behind it may be, milliseconds. */
const TICK_MS = 10

/**
 * The time of `Clock.monotonic`, at most 10 ms old, for those who ask with every message: reading it is a branch and a
 * field. A timer moves it on while somebody reads, and only then: an idle server isn't woken.
 */
export class CoarseClock {
  readonly #clock: Clock
  #now = 0
  #wasRead = false
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Milliseconds since some start; never goes back. */
  get now(): number {
    this.#wasRead = true
    if (this.#timer === undefined) this.#wake()
    return this.#now
  }

  #wake(): void {
    this.#now = this.#clock.monotonic()
    this.#timer = this.#clock.every(TICK_MS, () => this.#tick())
  }

  #tick(): void {
    if (!this.#wasRead) this.stop()
    this.#wasRead = false
    this.#now = this.#clock.monotonic()
  }

  /** Lets go of the timer; the next reader starts it again. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
