/**
 * How long to wait before the next attempt: exponential with full jitter, so that the clients of a restarted server
 * don't come back in step.
 */

import type { Clock } from './clock.js'

export interface BackoffOptions {
  /** Upper bound of the first wait, milliseconds; doubles with each failure. Default 250. */
  readonly baseMs?: number
  /** No wait is longer, milliseconds. Default 10,000. */
  readonly capMs?: number
  /** A connection that lasted this long, milliseconds, ends the row of failures. Default 10,000. */
  readonly stableMs?: number
}

export class Backoff {
  readonly #baseMs: number
  readonly #capMs: number
  readonly #stableMs: number
  readonly #clock: Clock
  #failures = 0
  #openedAt: number | undefined

  constructor(clock: Clock, { baseMs = 250, capMs = 10_000, stableMs = 10_000 }: BackoffOptions = {}) {
    this.#clock = clock
    this.#baseMs = baseMs
    this.#capMs = capMs
    this.#stableMs = stableMs
  }

  /** Attempts made since the last stable connection. */
  get attempt(): number {
    return this.#failures
  }

  opened(): void {
    this.#openedAt = this.#clock.now()
  }

  /** Notes a failed attempt or a lost connection; returns the wait before the next attempt, milliseconds. */
  next(): number {
    if (this.#openedAt !== undefined && this.#clock.now() - this.#openedAt >= this.#stableMs) {
      this.#failures = 0
    }
    this.#openedAt = undefined
    const bound = Math.min(this.#capMs, this.#baseMs * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    return Math.floor(this.#clock.random() * bound)
  }
}
