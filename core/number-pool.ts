/**
 * Hands out small integers, densely from 0. A freed number goes to the back of the line, so that it stays unused for
 * as long as possible, and each comes with a generation that changes with every reuse.
 */
export class NumberPool {
  readonly #capacity: number
  readonly #generationMask: number
  readonly #generations: number[] = []
  /** Free numbers, oldest first: a ring that grows to what was ever in use. */
  #free: number[] = []
  #head = 0
  #used = 0

  constructor(capacity: number, generationBits = 18) {
    this.#capacity = capacity
    this.#generationMask = 2 ** generationBits - 1
  }

  /** How many numbers are out. */
  get used(): number {
    return this.#used
  }

  /** A number that nobody has, or -1 when all are out. */
  take(): number {
    const fresh = this.#generations.length
    const number =
      this.#head < this.#free.length ? this.#free[this.#head++]! : fresh < this.#capacity ? fresh : -1
    if (number === -1) return -1
    if (number === fresh) this.#generations.push(0)
    if (this.#head > 1024 && this.#head * 2 > this.#free.length) {
      this.#free = this.#free.slice(this.#head)
      this.#head = 0
    }
    this.#used++
    return number
  }

  /** Takes a certain number, with its generation. Only before any other was taken, and in ascending order. */
  claim(number: number, generation: number): void {
    for (let between = this.#generations.length; between < number; between++) {
      this.#generations.push(0)
      this.#free.push(between)
    }
    this.#generations.push(generation)
    this.#used++
  }

  /** The present generation of a number; wraps around. */
  generation(number: number): number {
    return this.#generations[number]!
  }

  /** Gives back a number that `take` gave out. */
  release(number: number): void {
    this.#generations[number] = (this.#generations[number]! + 1) & this.#generationMask
    this.#free.push(number)
    this.#used--
  }
}
