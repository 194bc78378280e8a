import type { Clock } from '../../../core/api.js'

/** `closed`: asked. `open`: left alone for a while. `half-open`: one question tries whether it is back. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** Leaves a backend alone that fails, so that it can recover and nobody waits for it. */
export class CircuitBreaker {
  readonly #clock: Clock
  readonly #failures: number
  readonly #pauseMs: number
  #failed = 0
  #openUntil = Number.NEGATIVE_INFINITY
  #probing = false

  /** Opens after so many failures in a row, for `pauseMs`. */
  constructor(clock: Clock, { failures, pauseMs }: { failures: number; pauseMs: number }) {
    this.#clock = clock
    this.#failures = failures
    this.#pauseMs = pauseMs
  }

  get state(): BreakerState {
    if (this.#failed < this.#failures) return 'closed'
    return this.#clock.monotonic() < this.#openUntil ? 'open' : 'half-open'
  }

  /** Whether to ask now. After a true, `succeeded` or `failed` must follow. */
  admits(): boolean {
    if (this.state === 'closed') return true
    if (this.state === 'open' || this.#probing) return false
    this.#probing = true
    return true
  }

  succeeded(): void {
    this.#probing = false
    this.#failed = 0
  }

  /** Says whether the breaker has opened with this failure. */
  failed(): boolean {
    this.#probing = false
    this.#failed++
    if (this.#failed < this.#failures) return false
    this.#openUntil = this.#clock.monotonic() + this.#pauseMs
    return true
  }
}
