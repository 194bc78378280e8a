/** How much of the deviation is made up for in one period: turns react to what passes more than in proportion. */
const GAIN = 0.25
/** The most that one period takes away, and adds. */
const STEEPEST = 0.5
const FASTEST = 2
/** What may pass at once after a pause, as seconds of the limit, and as an amount. */
const BURST_SECONDS = 0.25
const BURST = 100

export interface Range {
  /** What passes a second, however busy the loop is. */
  readonly least: number
  /** What passes a second before nothing is limited any more: more than a process can do. */
  readonly most: number
  /** How long a turn of the loop should take at the most, milliseconds. */
  readonly turnMs: number
}

/**
 * How much of one kind passes in a second. The limit follows the gradient, the ratio of how long turns of the event loop
 * should take to how long they do: it shrinks while they take longer and something of the kind comes, and grows while
 * they are shorter. When all is well there is none.
 */
export class Valve {
  readonly #range: Range
  #limit: number
  #tokens = BURST
  #filledAt = 0
  #wasAsked = false
  #isShut = false

  constructor(range: Range) {
    this.#range = range
    this.#limit = range.most
  }

  /** What passes a second. */
  get limit(): number {
    return this.#isShut ? 0 : this.#limit
  }

  /** Whether nothing is limited. */
  get isOpen(): boolean {
    return this.#limit === this.#range.most && !this.#isShut
  }

  /** Whether nothing passes. */
  get isShut(): boolean {
    return this.#isShut
  }

  /** A period is over in which turns took so long; `isShut` when nothing may pass at all, whatever they took. */
  adjust(turnMs: number, isShut: boolean): void {
    const { least, most, turnMs: aim } = this.#range
    const factor = Math.min(FASTEST, Math.max(STEEPEST, (aim / turnMs) ** GAIN))
    if (factor > 1 || this.#wasAsked) this.#limit = Math.min(most, Math.max(least, this.#limit * factor))
    this.#isShut = isShut
    this.#wasAsked = false
  }

  /** Takes so much of what may pass; `now` is in milliseconds. The last one may take more than there is left. */
  take(amount: number, now: number): boolean {
    this.#wasAsked = true
    if (this.isOpen) return true
    const burst = Math.max(BURST, this.#limit * BURST_SECONDS)
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * this.#limit) / 1000)
    this.#filledAt = now
    if (this.#isShut || this.#tokens < 1) return false
    this.#tokens -= amount
    return true
  }
}
