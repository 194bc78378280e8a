/** Time, as the kernel and the plugins see it; tests put a fake in its place (`signalbox/testing`). */

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. For expiry dates. */
  now(): number
  /** Milliseconds since some start; never goes back. For durations. */
  monotonic(): number
  /** Runs `callback` once, `ms` from now. The timer keeps the process alive: cancel it when the wait is over. */
  after(ms: number, callback: () => void): Timer
  /** Runs `callback` every `ms`. The timer doesn't keep the process alive. */
  every(ms: number, callback: () => void): Timer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const handle = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(handle) }
  },
  every(ms, callback) {
    const handle = setInterval(callback, ms).unref()
    return { cancel: () => clearInterval(handle) }
  },
}
