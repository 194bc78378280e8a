/** So many tokens a second, and so many at once; undefined: without end. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Sums of fractions miss by less than this. */
const ROUNDING_MS = 1e-6
/** Numbers are grown to this many subjects at first, then doubled. */
const FIRST_SUBJECTS = 64

/**
 * Token buckets for many subjects and several resources, all of one scope. A bucket is one number: the moment at which
 * it will be full again (the generic cell rate algorithm, ITU-T I.371). Taking tokens moves that moment on; a moment
 * further away than it takes to fill the whole bucket means that it is empty.
 *
 * What costs more than a bucket holds is possible when it is full, and leaves a debt: everything after it waits the
 * longer.
 */
export class Buckets {
  readonly #resources: number
  /** Milliseconds until one token is back, by resource. */
  readonly #tokenMs: Float64Array
  /** Milliseconds until an empty bucket is full, by resource. */
  readonly #burstMs: Float64Array
  /** `subject * resources + resource`, milliseconds. */
  #fullAt: Float64Array

  constructor(rates: readonly (Rate | undefined)[]) {
    this.#resources = rates.length
    this.#tokenMs = Float64Array.from(rates, (rate) => (rate === undefined ? 0 : 1000 / rate.perSecond))
    this.#burstMs = Float64Array.from(rates, (rate) =>
      rate === undefined ? Number.POSITIVE_INFINITY : (1000 / rate.perSecond) * rate.burst,
    )
    this.#fullAt = new Float64Array(FIRST_SUBJECTS * rates.length)
  }

  /** Takes tokens and returns 0, or takes none and returns after how many milliseconds to try again. */
  take(subject: number, resource: number, tokens: number, now: number): number {
    const i = subject * this.#resources + resource
    if (i >= this.#fullAt.length) this.#grow(i)
    const burstMs = this.#burstMs[resource]!
    const costMs = tokens * this.#tokenMs[resource]!
    const fullAt = Math.max(this.#fullAt[i]!, now)
    const waitMs = fullAt - now + Math.min(costMs, burstMs) - burstMs
    if (waitMs > ROUNDING_MS) return waitMs
    this.#fullAt[i] = fullAt + costMs
    return 0
  }

  /** Fills all buckets of a subject: its number belongs to somebody else now. */
  reset(subject: number): void {
    const i = subject * this.#resources
    if (i < this.#fullAt.length) this.#fullAt.fill(0, i, i + this.#resources)
  }

  #grow(index: number): void {
    let length = this.#fullAt.length
    while (length <= index) length *= 2
    const grown = new Float64Array(length)
    grown.set(this.#fullAt)
    this.#fullAt = grown
  }
}
