/** Stamps are written in six bytes. */
export const MAX_STAMP = 2 ** 48 - 1

/** What has a place in the order of joining, the same on every node. */
export interface Ranked {
  readonly stamp: number
  readonly id: string
}

/**
 * A counter that puts what happens on several nodes into one order without a clock (Lamport 1978): whatever happens
 * after something was heard of has a higher stamp than that.
 */
export class Stamps {
  #last = 0

  /** The highest so far. */
  get last(): number {
    return this.#last
  }

  /** For something that happens here and now. */
  next(): number {
    this.#last = Math.min(this.#last + 1, MAX_STAMP)
    return this.#last
  }

  /** Something with this stamp was heard of. */
  hear(stamp: number): void {
    if (stamp > this.#last) this.#last = stamp
  }
}

/** Whether `one` came after `other`: of equal stamps the higher id. Never true both ways, and never false both ways. */
export const isLater = (one: Ranked, other: Ranked): boolean =>
  one.stamp > other.stamp || (one.stamp === other.stamp && one.id > other.id)
