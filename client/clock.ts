/** Time and chance, as the client sees them. Tests put their own in place. */

export interface Clock {
  /** Milliseconds since some start; never goes back. */
  now(): number
  /** Runs `callback` once, `ms` from now; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void
  /** From 0 up to, not including, 1. */
  random(): number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const handle = setTimeout(callback, ms)
    return () => clearTimeout(handle)
  },
  random: () => Math.random(),
}
