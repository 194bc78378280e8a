/** What is due when: one event for each peer at most, in buckets of time. */

/**
 * A list for each tick, doubly linked through two arrays: to schedule, to take back and to take out cost the same
 * whatever is waiting. What is due after the end never comes.
 */
export class Wheel {
  readonly #heads: Int32Array
  readonly #next: Int32Array
  readonly #previous: Int32Array
  /** The tick of each peer's event, -1 without one. */
  readonly #ticks: Int32Array
  readonly tickMs: number

  constructor(peers: number, endMs: number, tickMs = 10) {
    this.tickMs = tickMs
    this.#heads = new Int32Array(Math.ceil(endMs / tickMs)).fill(-1)
    this.#next = new Int32Array(peers)
    this.#previous = new Int32Array(peers)
    this.#ticks = new Int32Array(peers).fill(-1)
  }

  get ticks(): number {
    return this.#heads.length
  }

  /** Puts the peer's event at a time, in place of the one it had. */
  schedule(peer: number, atMs: number): void {
    this.cancel(peer)
    const tick = Math.floor(atMs / this.tickMs)
    if (tick >= this.#heads.length) return
    const head = this.#heads[tick]!
    this.#ticks[peer] = tick
    this.#previous[peer] = -1
    this.#next[peer] = head
    if (head >= 0) this.#previous[head] = peer
    this.#heads[tick] = peer
  }

  cancel(peer: number): void {
    const tick = this.#ticks[peer]!
    if (tick < 0) return
    const before = this.#previous[peer]!
    const after = this.#next[peer]!
    if (before >= 0) this.#next[before] = after
    else this.#heads[tick] = after
    if (after >= 0) this.#previous[after] = before
    this.#ticks[peer] = -1
  }

  /** Takes out one peer whose event is due at this tick; -1 when there is none left. */
  take(tick: number): number {
    const peer = this.#heads[tick]!
    if (peer >= 0) this.cancel(peer)
    return peer
  }
}
