import type { Clock } from '../../clock.js'

const EVERY_MS = 60_000
const MAX_KEYS = 1024

/** Says whether something may be logged again: about each subject once a minute. */
export class Complaints {
  readonly #clock: Clock
  /** When each was last, oldest first. */
  readonly #last = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  may(subject: string): boolean {
    const now = this.#clock.monotonic()
    const last = this.#last.get(subject)
    if (last !== undefined && now - last < EVERY_MS) return false
    this.#last.delete(subject)
    this.#last.set(subject, now)
    if (this.#last.size > MAX_KEYS) this.#last.delete(this.#last.keys().next().value!)
    return true
  }
}
