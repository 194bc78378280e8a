/**
 * Gives names small numbers, dense from 0, so that what is known of them can lie in typed arrays. A name keeps its
 * number while somebody holds it, and afterwards until newer names need the place: whoever goes and comes back is
 * still known. Bounded, and made for names that come from outside.
 */
export class Subjects {
  readonly #capacity: number
  readonly #assigned: (number: number) => void
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []
  /** How often each number is held. */
  readonly #holds: number[] = []
  /** Numbers that nobody holds, longest ago first. */
  readonly #idle = new Set<number>()

  /** `assigned` is told when a number is given to a name that didn't have it: what was known of it means nothing now. */
  constructor(capacity: number, assigned: (number: number) => void) {
    this.#capacity = capacity
    this.#assigned = assigned
  }

  /** The number of a name, held until it is released as often; -1 when so many others are held that none is left. */
  hold(name: string): number {
    const known = this.#numbers.get(name)
    const number = known ?? this.#place()
    if (number === -1) return -1
    if (known === undefined) {
      this.#numbers.set(name, number)
      this.#names[number] = name
      this.#holds[number] = 0
      this.#assigned(number)
    }
    if (this.#holds[number]!++ === 0) this.#idle.delete(number)
    return number
  }

  /** Lets go of a number once; -1 is ignored. */
  release(number: number): void {
    if (number !== -1 && --this.#holds[number]! === 0) this.#idle.add(number)
  }

  /** How often a number is held now. */
  holds(number: number): number {
    return this.#holds[number]!
  }

  nameOf(number: number): string {
    return this.#names[number]!
  }

  /** A number that was never used, or that of the name which nobody has held for the longest time. */
  #place(): number {
    if (this.#names.length < this.#capacity) return this.#names.length
    for (const number of this.#idle) {
      this.#idle.delete(number)
      this.#numbers.delete(this.#names[number]!)
      return number
    }
    return -1
  }
}
