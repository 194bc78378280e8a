import type { Clock } from '../../../core/api.js'

interface Entry<T> {
  readonly answer: T
  readonly until: number
}

/** Remembers answers for a while, by a key that is no secret; the oldest make place. */
export class AnswerCache<T> {
  readonly #clock: Clock
  readonly #size: number
  readonly #entries = new Map<string, Entry<T>>()

  constructor(clock: Clock, size: number) {
    this.#clock = clock
    this.#size = size
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.until > this.#clock.monotonic()) return entry.answer
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, answer: T, forMs: number): void {
    if (forMs <= 0 || this.#size === 0) return
    this.#entries.delete(key)
    if (this.#entries.size >= this.#size) this.#entries.delete(this.#entries.keys().next().value!)
    this.#entries.set(key, { answer, until: this.#clock.monotonic() + forMs })
  }
}
