import type { Balancer, Candidate } from '../../contracts/balancer.js'
import type { Session } from '../../sessions/session.js'
import type { Cluster, NodeStatus } from '../cluster.js'

/** A node that clients can be sent to by name. */
interface Refuge extends Candidate {
  readonly url: string
  load: number
}

/** Where the clients of a node go that sends them away. */
export class Refuges {
  readonly #cluster: Pick<Cluster, 'nodes'>
  readonly #balancer: Balancer | undefined
  #refuges: readonly Refuge[] = []

  constructor(cluster: Pick<Cluster, 'nodes'>, balancer: Balancer | undefined) {
    this.#cluster = cluster
    this.#balancer = balancer
  }

  /** Whether there is a node that takes clients, so that their sessions can go on there. */
  get exist(): boolean {
    return this.#alive().length > 0
  }

  /**
   * The URL of the node that a client should go to: those of one room to the same, where the balancer is sticky.
   * Undefined where nodes have no addresses of their own: the client's own address then leads to another one.
   */
  urlFor({ id, memberships }: Session): string | undefined {
    const nodes = this.#alive().filter(({ url }) => url !== undefined)
    this.#refresh(nodes)
    const [room = id] = memberships.keys()
    return this.#balancer?.pick(room, this.#refuges)?.url
  }

  #alive(): NodeStatus[] {
    return [...this.#cluster.nodes].filter(({ draining }) => !draining)
  }

  /** The same array for the same nodes, as balancers want it. */
  #refresh(nodes: readonly NodeStatus[]): void {
    const isSame =
      nodes.length === this.#refuges.length &&
      nodes.every(({ incarnation }, i) => incarnation === this.#refuges[i]!.id)
    if (isSame) {
      for (const [i, { load }] of nodes.entries()) this.#refuges[i]!.load = load
    } else {
      this.#refuges = nodes.map(({ incarnation: id, url, load, region }) => ({
        id,
        url: url!,
        load,
        ...(region === undefined ? {} : { region }),
      }))
    }
  }
}
