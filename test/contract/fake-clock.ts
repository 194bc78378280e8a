import type { Clock, Timer } from '../../core/clock.js'

interface Pending {
  at: number
  readonly order: number
  readonly everyMs: number | undefined
  readonly callback: () => void
}

/** A clock that stands still until `advance`. Begins at a date that is easy to read, and at monotonic zero. */
export class FakeClock implements Clock {
  static readonly EPOCH = Date.UTC(2030, 0, 1)

  readonly #pending = new Set<Pending>()
  #elapsedMs = 0
  #order = 0

  now(): number {
    return FakeClock.EPOCH + this.#elapsedMs
  }

  monotonic(): number {
    return this.#elapsedMs
  }

  after(ms: number, callback: () => void): Timer {
    return this.#add(ms, undefined, callback)
  }

  every(ms: number, callback: () => void): Timer {
    return this.#add(ms, Math.max(1, ms), callback)
  }

  /** Timers that would still fire: what a plugin forgot to cancel. */
  get pending(): number {
    return this.#pending.size
  }

  /** Moves time on and runs what falls due, in order of time, then of setting; each sees its own moment. */
  advance(ms: number): void {
    const until = this.#elapsedMs + ms
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#elapsedMs = Math.max(this.#elapsedMs, next.at)
      if (next.everyMs === undefined) this.#pending.delete(next)
      else next.at += next.everyMs
      next.callback()
    }
    this.#elapsedMs = until
  }

  #add(ms: number, everyMs: number | undefined, callback: () => void): Timer {
    const timer: Pending = { at: this.#elapsedMs + Math.max(0, ms), order: this.#order++, everyMs, callback }
    this.#pending.add(timer)
    return { cancel: () => void this.#pending.delete(timer) }
  }

  #next(until: number): Pending | undefined {
    let next: Pending | undefined
    for (const timer of this.#pending) {
      if (timer.at > until) continue
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
    }
    return next
  }
}
