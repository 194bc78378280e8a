/** Decides how many workers there should be, by how busy their event loops are. Pure: made-up loads test it. */

import type { Bounds } from './bounds.js'

/** Mean load from which one more is wanted. */
const UP_AT = 0.7
/** Mean load below which the others must stay when one goes: far enough from `UP_AT` that it doesn't come back soon. */
const DOWN_BELOW = 0.5
/** How long it must be so, milliseconds: a burst is served late, an idle worker costs little. */
const UP_AFTER_MS = 3000
const DOWN_AFTER_MS = 30_000

export class Autoscale {
  readonly #bounds: Bounds
  /** Since when it has been so without a break; undefined: it isn't so. */
  #busySince: number | undefined
  #idleSince: number | undefined

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  /**
   * Whether one should come or go, given the loads (0 to 1) of all that serve. Ask about every second, with a clock that
   * never goes back, and not while the last decision is being carried out. A decision is told once: what counts after
   * it begins anew.
   */
  decide(loads: readonly number[], nowMs: number): 'up' | 'down' | undefined {
    const count = loads.length
    let sum = 0
    for (const load of loads) sum += load
    const isBusy = count < this.#bounds.max && sum > UP_AT * count
    const isIdle = count > this.#bounds.min && sum < DOWN_BELOW * (count - 1)
    this.#busySince = isBusy ? (this.#busySince ?? nowMs) : undefined
    this.#idleSince = isIdle ? (this.#idleSince ?? nowMs) : undefined
    if (this.#busySince !== undefined && nowMs - this.#busySince >= UP_AFTER_MS) return this.#decided('up')
    if (this.#idleSince !== undefined && nowMs - this.#idleSince >= DOWN_AFTER_MS)
      return this.#decided('down')
    return undefined
  }

  #decided(what: 'up' | 'down'): 'up' | 'down' {
    this.#busySince = undefined
    this.#idleSince = undefined
    return what
  }
}
