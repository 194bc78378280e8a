/** Time and chance, as the client sees them. Tests put their own in place. */

export interface Clock {
  /** Milliseconds since some start; never goes back, and counts the time that the machine slept. */
  now(): number
  /** Runs `callback` once, `ms` from now; the returned function cancels it. Sleep may make it late. */
  after(ms: number, callback: () => void): () => void
  /** From 0 up to, not including, 1. */
  random(): number
}

/** By how much the calendar must run ahead of the stopwatch until that counts as sleep, milliseconds. */
const SLEEP_MS = 1_000

/**
 * A stopwatch that goes on while the machine sleeps: on many systems `performance.now()` stands still then, and the
 * calendar alone, which people and time servers set, may go back.
 */
export function sleeplessNow(stopwatch: () => number, calendar: () => number): () => number {
  let sleptMs = 0
  let apart: number | undefined
  return () => {
    const now = stopwatch()
    apart ??= calendar() - now
    const ahead = calendar() - now - apart
    if (Math.abs(ahead) > SLEEP_MS) {
      apart += ahead
      sleptMs += Math.max(0, ahead)
    }
    return now + sleptMs
  }
}

export const systemClock: Clock = {
  now: sleeplessNow(
    () => performance.now(),
    () => Date.now(),
  ),
  after(ms, callback) {
    const handle = setTimeout(callback, ms)
    return () => clearTimeout(handle)
  },
  random: () => Math.random(),
}
