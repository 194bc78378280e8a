import type { Clock } from '../../clock.js'

/** As many are remembered; of more the oldest are forgotten. */
const MAX_MOVED = 65_536

/**
 * Where sessions went whose tickets this node issued, or has passed on: a client whose answer was lost comes with the
 * ticket that it had before the move. Remembered for as long as such a client may come.
 */
export class MovedTickets {
  readonly #clock: Clock
  readonly #forMs: number
  /** By hash, in the order in which they end. */
  readonly #byHash = new Map<string, { readonly node: string; readonly endsAt: number }>()

  constructor(clock: Clock, forMs: number) {
    this.#clock = clock
    this.#forMs = forMs
  }

  /** The session with a ticket of this hash has gone to a node. */
  note(hash: string, node: string): void {
    const now = this.#clock.monotonic()
    this.#byHash.delete(hash)
    this.#byHash.set(hash, { node, endsAt: now + this.#forMs })
    for (const [oldest, { endsAt }] of this.#byHash) {
      if (endsAt > now && this.#byHash.size <= MAX_MOVED) break
      this.#byHash.delete(oldest)
    }
  }

  /** The session is here again. */
  forget(hash: string): void {
    this.#byHash.delete(hash)
  }

  /** All that may still be asked for: the hash, and the node. */
  *[Symbol.iterator](): Iterator<readonly [hash: string, node: string]> {
    const now = this.#clock.monotonic()
    for (const [hash, { node, endsAt }] of this.#byHash) if (endsAt > now) yield [hash, node]
  }

  /** The incarnation of the node that has it, as far as is known. */
  find(hash: string): string | undefined {
    const moved = this.#byHash.get(hash)
    return moved !== undefined && moved.endsAt > this.#clock.monotonic() ? moved.node : undefined
  }
}
