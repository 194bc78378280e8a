/** Time that stands still until a test moves it, and dice that fall as told. */

import type { Clock } from '../../client/clock.js'

export class FakeClock implements Clock {
  /** What `random` gives. */
  dice = 0.5
  #now = 0
  #timers = new Set<{ at: number; callback: () => void }>()

  now(): number {
    return this.#now
  }

  random(): number {
    return this.dice
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Time passes, and no timer fires: the machine is asleep. They come late, as the next ones do. */
  sleep(ms: number): void {
    this.#now += ms
    for (const timer of this.#timers) timer.at += ms
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.size
  }

  /** Moves time on; timers fire in order, and what they set off settles before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    let fired = 0
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at)
      this.#timers.delete(next)
      next.callback()
      if (++fired > 10_000) throw new Error('timers keep setting timers')
      await settled()
    }
    this.#now = end
  }

  #next(end: number) {
    const due = [...this.#timers].filter(({ at }) => at <= end)
    return due.sort((a, b) => a.at - b.at)[0]
  }
}

/** Resolves once every promise that is ready has run: one turn of the event loop. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
