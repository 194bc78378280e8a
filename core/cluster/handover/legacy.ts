import type { Cluster } from '../cluster.js'
import type { Link } from '../links/link.js'
import { HANDOVER, MAX_MOVED_IN_RECORD, movedRecord } from './handover-records.js'
import type { MovedTickets } from './moved-tickets.js'
import type { Transfers } from './transfers.js'

/**
 * What a node that ends must not take along: the sessions that it has sent on, and where they are. A client whose answer
 * was lost comes with a ticket of this node, to whichever other node, when nobody can be asked here any more.
 */
export class Legacy {
  readonly #cluster: Pick<Cluster, 'nodes' | 'link'>
  readonly #moved: MovedTickets
  readonly #transfers: Transfers
  /** What was said over links, and as which batch. */
  readonly #said = new Map<Link, number>()

  constructor(cluster: Pick<Cluster, 'nodes' | 'link'>, moved: MovedTickets, transfers: Transfers) {
    this.#cluster = cluster
    this.#moved = moved
    this.#transfers = transfers
  }

  /** Tells all other nodes where sessions went that were here. */
  bequeath(): void {
    const moved = [...this.#moved]
    for (const { incarnation } of this.#cluster.nodes) {
      const link = this.#cluster.link(incarnation)
      if (link?.isUp !== true) continue
      for (let at = 0; at < moved.length; at += MAX_MOVED_IN_RECORD) {
        link.send(HANDOVER.moved, movedRecord(moved.slice(at, at + MAX_MOVED_IN_RECORD)))
        this.#said.set(link, link.position)
      }
    }
  }

  /** Whether the others have all of it, those that live: then this node may end. */
  get isHeard(): boolean {
    for (const [link, position] of this.#said) if (link.isUp && link.confirmed < position) return false
    return this.#transfers.isIdle
  }
}
