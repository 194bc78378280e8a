import type { Clock } from '../../clock.js'
import type { Revocation } from './order-records.js'

const CAPACITY = 65_536

interface Held {
  readonly revocation: Revocation
  readonly until: number
}

/** The last word about each principal that was revoked, or let in again, for as long as it matters. */
export class Revocations {
  readonly #clock: Clock
  /** By principal; in the order in which they were learnt. */
  readonly #held = new Map<string, Held>()
  #stamp = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Later than any that is known. */
  nextStamp(): number {
    return this.#stamp + 1
  }

  /** For how long the last word about a principal matters, milliseconds. */
  leftMs(principal: string): number {
    const held = this.#held.get(principal)
    return held === undefined ? 0 : Math.max(0, held.until - this.#clock.monotonic())
  }

  /** Takes a revocation in; false when it is known, or older than what is. */
  learn(revocation: Revocation): boolean {
    const { principal, stamp, leftMs } = revocation
    this.#stamp = Math.max(this.#stamp, stamp)
    const known = this.#held.get(principal)?.revocation
    if (known && !isLater(revocation, known)) return false
    this.#held.delete(principal)
    this.#held.set(principal, { revocation, until: this.#clock.monotonic() + leftMs })
    if (this.#held.size > CAPACITY) this.#held.delete(this.#held.keys().next().value!)
    return true
  }

  /** Those that matter still, each with what is left of it. */
  *held(): Generator<Revocation> {
    const now = this.#clock.monotonic()
    for (const { revocation, until } of this.#held.values()) {
      if (until > now) yield { ...revocation, leftMs: until - now }
    }
  }

  /** Drops those that are over. */
  forget(): void {
    const now = this.#clock.monotonic()
    for (const [principal, { until }] of this.#held) if (until <= now) this.#held.delete(principal)
  }
}

const isLater = (one: Revocation, other: Revocation): boolean =>
  one.stamp === other.stamp ? one.id > other.id : one.stamp > other.stamp
