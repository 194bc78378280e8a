/** Popularity after Zipf: of `count` rooms, the r-th is drawn in proportion to 1 / r. */

export class Zipf {
  readonly #sums: Float64Array

  /** `largest`: no room is drawn with more than this share, 0 to 1; what is cut off goes to all in proportion. */
  constructor(count: number, largest = 1) {
    this.#sums = new Float64Array(count)
    let cap = Number.POSITIVE_INFINITY
    let sum = this.#fill(cap)
    // Cutting makes the sum smaller, so the cap has to follow it down: a few steps are within a per mille.
    for (let i = 0; i < 20 && Math.min(1, cap) > largest * sum; i++) {
      cap = largest * sum
      sum = this.#fill(cap)
    }
  }

  /** The room for a number from 0 to 1, 1 excluded. */
  draw(share: number): number {
    const wanted = share * this.#sums.at(-1)!
    let low = 0
    let high = this.#sums.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sums[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }

  #fill(cap: number): number {
    let sum = 0
    for (let i = 0; i < this.#sums.length; i++) {
      sum += Math.min(cap, 1 / (i + 1))
      this.#sums[i] = sum
    }
    return sum
  }
}
