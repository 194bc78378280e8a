/** How fast a subject's own custom, and that of everybody, follow what happens. */
const OWN_RATE = 0.1
const COMMON_RATE = 0.01
/** A window further off than this many spreads counts as if it were this far: an attack doesn't become the custom. */
const CLIP = 3
/** Spreads aren't taken for smaller: two windows alike say little about the third. In doublings of a figure. */
const LEAST_SPREAD = 0.4
/** Mean absolute deviation to standard deviation, of what is normally distributed. */
const TO_DEVIATION = 1.2533

/**
 * What is customary, as an exponentially weighted mean and mean absolute deviation of the logarithm of each figure:
 * robust analogs of median and MAD that need no memory of the past. Slot 0 of each figure is everybody's.
 */
export class Baseline {
  readonly #figures: number
  #mean: Float32Array
  #spread: Float32Array
  /** Windows that were learnt, while they are so few that each is worth more than the rate says. */
  #learnt: Uint8Array

  constructor(figures: number) {
    this.#figures = figures
    this.#mean = new Float32Array(figures * 64)
    this.#spread = new Float32Array(figures * 64)
    this.#learnt = new Uint8Array(figures * 64)
  }

  /** A subject that nothing is known of. */
  reset(subject: number): void {
    const i = this.#index(subject, 0)
    if (i + this.#figures > this.#mean.length) this.#grow(i + this.#figures)
    this.#mean.fill(0, i, i + this.#figures)
    this.#spread.fill(0, i, i + this.#figures)
    this.#learnt.fill(0, i, i + this.#figures)
  }

  /** Learns from one window of a subject, for it and for everybody. */
  learn(subject: number, figure: number, value: number): void {
    const x = Math.log2(1 + value)
    this.#learn(this.#index(subject, figure), x, OWN_RATE)
    this.#learn(figure, x, COMMON_RATE)
  }

  /** What is customary for a subject, or for everybody where that is more: the middle, and the deviation in doublings. */
  customary(subject: number, figure: number): { middle: number; deviation: number } {
    const own = this.#index(subject, figure)
    const mean = Math.max(this.#mean[own]!, this.#mean[figure]!)
    const spread = Math.max(this.#spread[own]!, this.#spread[figure]!, LEAST_SPREAD)
    return { middle: 2 ** mean - 1, deviation: spread * TO_DEVIATION }
  }

  #learn(i: number, x: number, rate: number): void {
    const learnt = this.#learnt[i]!
    if (learnt < 255) this.#learnt[i] = learnt + 1
    if (learnt === 0) {
      this.#mean[i] = x
      return
    }
    const limit = CLIP * Math.max(this.#spread[i]!, LEAST_SPREAD)
    const off = Math.max(-limit, Math.min(limit, x - this.#mean[i]!))
    const weight = Math.max(rate, 1 / (learnt + 1))
    this.#mean[i]! += weight * off
    this.#spread[i]! += weight * (Math.abs(off) - this.#spread[i]!)
  }

  #index(subject: number, figure: number): number {
    return (subject + 1) * this.#figures + figure
  }

  #grow(needed: number): void {
    let length = this.#mean.length
    while (length < needed) length *= 2
    const [mean, spread, learnt] = [this.#mean, this.#spread, this.#learnt]
    this.#mean = new Float32Array(length)
    this.#mean.set(mean)
    this.#spread = new Float32Array(length)
    this.#spread.set(spread)
    this.#learnt = new Uint8Array(length)
    this.#learnt.set(learnt)
  }
}

/** How many deviations above what is customary a value is: a robust z-score. */
export const deviations = (
  value: number,
  { middle, deviation }: { middle: number; deviation: number },
): number => (Math.log2(1 + value) - Math.log2(1 + middle)) / deviation
