/** Small and fast, and the same numbers for the same seed (xorshift32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0 || 1
    for (let i = 0; i < 8; i++) this.roll(2)
  }

  /** An integer from 0 to `sides` - 1. */
  roll(sides: number): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return (x >>> 0) % sides
  }

  pick<T>(from: ArrayLike<T>): T {
    return from[this.roll(from.length)]!
  }
}
