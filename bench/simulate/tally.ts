/** What is counted while a simulation runs, and what is made of it at the end. */

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Machines } from './machines.js'
import { PLAN } from './plan.js'
import type { Presence } from './presence.js'
import type { Cause } from './simulation.js'

/** The end of a run in numbers. Shares are 0 to 1, times milliseconds. */
export interface Outcome {
  readonly nodes: number
  readonly peers: number
  readonly strategy: string
  readonly events: number
  readonly imbalance: { readonly rest: number; readonly failure: number; readonly deploy: number }
  /** Rooms that a failure sends elsewhere, and the least that would do. */
  readonly keysMoved?: { readonly share: number; readonly least: number }
  readonly peersMoved: { readonly failure: number; readonly deploy: number }
  /** Peers whose room is on several nodes. */
  readonly apart: number
  /** Of offers, answers and candidates; and of all deliveries, publishes included. */
  readonly crossing: { readonly calls: number; readonly deliveries: number }
  readonly join: Percentiles
  /** From the loss of the node, or its goodbye, until joined again. */
  readonly back: { readonly failure?: Percentiles; readonly deploy: Percentiles }
  /** Messages a second into the broker, copies a second out of it, subscriptions it holds. */
  readonly broker: { readonly in: number; readonly out: number; readonly subscriptions: number }
  /** A second each: when, imbalance, peers, and the subscriptions. */
  readonly timeline: readonly (readonly [second: number, imbalance: number, peers: number, places: number])[]
}

export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly worst: number
}

/** Mean of what was added. */
class Mean {
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count++
  }

  get value(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }
}

export class Tally {
  events = 0
  readonly #waits: Readonly<Record<Cause, RecordableHistogram>> = {
    own: createHistogram(),
    failure: createHistogram(),
    deploy: createHistogram(),
  }
  readonly #moved: Record<Cause, number> = { own: 0, failure: 0, deploy: 0 }
  readonly #rest = {
    imbalance: new Mean(),
    remote: new Mean(),
    copies: new Mean(),
    places: new Mean(),
    apart: new Mean(),
  }
  readonly #publishes = { all: new Mean(), local: new Mean() }
  #worst = { failure: 0, deploy: 0 }
  #resting = false
  /** Messages between two while at rest, and those of them that cross. */
  #direct = 0
  #crossing = 0
  /** News of joins and leaves that others than the own node must hear, and their copies. */
  #news = 0
  #newsCopies = 0
  #keys: { share: number; least: number } | undefined
  readonly #timeline: [number, number, number, number][] = []

  /** Looks at everything once a second. */
  second(now: number, machines: Machines, presence: Presence): void {
    const imbalance = machines.imbalance()
    const { remotePeers, remoteCopies, places, deliveries, local, peers } = presence
    this.#timeline.push([now / 1000, Number(imbalance.toFixed(4)), peers, places])
    this.#resting = now >= PLAN.fillMs + PLAN.restMs && now < PLAN.failAt
    if (this.#resting) {
      this.#rest.imbalance.add(imbalance)
      this.#rest.remote.add(remotePeers)
      this.#rest.copies.add(remoteCopies)
      this.#rest.places.add(places)
      this.#rest.apart.add(peers === 0 ? 0 : remotePeers / peers)
      this.#publishes.all.add(deliveries)
      this.#publishes.local.add(local)
    } else if (now >= PLAN.failAt) {
      const phase = now < PLAN.deployAt ? 'failure' : 'deploy'
      this.#worst[phase] = Math.max(this.#worst[phase], imbalance)
    }
  }

  /** Before the one who joins is added. */
  joined(now: number, cause: Cause, waited: number, presence: Presence, room: number, node: number): void {
    if (now >= PLAN.fillMs) this.#waits[cause].record(Math.max(1, Math.round(waited * 1000)))
    const others = presence.members(room)
    if (!this.#resting || others === 0) return
    const messages = Math.min(PLAN.pairsPerJoin, others) * PLAN.messagesPerPair
    this.#direct += messages
    this.#crossing += messages * (1 - presence.at(room, node) / others)
  }

  /** Somebody came to or is about to leave a room on so many nodes. */
  told(spread: number): void {
    if (!this.#resting || spread < 2) return
    this.#news++
    this.#newsCopies += spread - 1
  }

  moved(cause: Cause): void {
    this.#moved[cause]++
  }

  keys(share: number, least: number): void {
    this.#keys = { share, least }
  }

  outcome(nodes: number, strategy: string): Outcome {
    const seconds = (PLAN.failAt - PLAN.fillMs - PLAN.restMs) / 1000
    const { publishesPerSecond } = PLAN
    const crossing = this.#crossing / seconds
    const all = this.#publishes.all.value * publishesPerSecond
    const remote = all - this.#publishes.local.value * publishesPerSecond
    const direct = this.#direct / seconds
    return {
      nodes,
      peers: nodes * PLAN.peersPerNode,
      strategy,
      events: this.events,
      imbalance: { rest: this.#rest.imbalance.value, ...this.#worst },
      ...(this.#keys === undefined ? {} : { keysMoved: this.#keys }),
      peersMoved: { failure: this.#moved.failure, deploy: this.#moved.deploy },
      apart: this.#rest.apart.value,
      crossing: {
        calls: direct === 0 ? 0 : crossing / direct,
        deliveries: all + direct === 0 ? 0 : (remote + crossing) / (all + direct),
      },
      join: percentiles(this.#waits.own),
      back: {
        ...(this.#moved.failure === 0 ? {} : { failure: percentiles(this.#waits.failure) }),
        deploy: percentiles(this.#waits.deploy),
      },
      broker: {
        in: crossing + this.#news / seconds + this.#rest.remote.value * publishesPerSecond,
        out: crossing + this.#newsCopies / seconds + this.#rest.copies.value * publishesPerSecond,
        subscriptions: this.#rest.places.value,
      },
      timeline: this.#timeline,
    }
  }
}

const percentiles = (waits: RecordableHistogram): Percentiles => ({
  p50: waits.percentile(50) / 1000,
  p99: waits.percentile(99) / 1000,
  worst: waits.max / 1000,
})
