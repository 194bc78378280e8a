import type { Clock, Timer } from '../../../core/api.js'

/** How often a turn of the loop is measured, milliseconds. */
export const PROBE_MS = 20
/** How many of the last turns count: one long one, a collection of garbage perhaps, is outvoted. */
const REMEMBERED = 5

/**
 * How long turns of the event loop take: what somebody whose message has just come waits at the most. A timer's lateness
 * says less, since the loop looks at timers once a turn itself: turns that fit its interval don't show. Here a turn is
 * followed from one immediate to the next; the loop doesn't sleep between those, so that idleness doesn't count.
 */
export class LoopTurns {
  readonly #clock: Clock
  readonly #measured: () => void
  readonly #turns = new Float64Array(REMEMBERED)
  readonly #sorted = new Float64Array(REMEMBERED)
  #count = 0
  #timer: Timer | undefined
  #isMeasuring = false
  #startedAt = 0

  /** Calls `measured` after each turn that was measured. */
  constructor(clock: Clock, measured: () => void) {
    this.#clock = clock
    this.#measured = measured
  }

  start(): void {
    this.#timer = this.#clock.every(PROBE_MS, () => this.#probe())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** The median of the last few turns, milliseconds. */
  get medianMs(): number {
    this.#sorted.set(this.#turns)
    return this.#sorted.sort()[REMEMBERED >> 1]!
  }

  #probe(): void {
    if (this.#isMeasuring) return
    this.#isMeasuring = true
    setImmediate(this.#begin)
  }

  readonly #begin = (): void => {
    this.#startedAt = this.#clock.monotonic()
    setImmediate(this.#end)
  }

  readonly #end = (): void => {
    this.#isMeasuring = false
    this.#turns[this.#count++ % REMEMBERED] = this.#clock.monotonic() - this.#startedAt
    if (this.#timer !== undefined) this.#measured()
  }
}
