/** Numbers that only look random: the same seed gives the same run. */

/** xorshift32 of Marsaglia with a multiplied output: quick, and good enough to draw loads. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1
  }

  /** From 0 to 1, 1 excluded. */
  next(): number {
    let word = this.#state
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    this.#state = word
    return (Math.imul(word, 0x9e3779b1) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** A time until the next event of a Poisson process. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next())
  }
}
