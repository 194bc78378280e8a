/** Which other nodes are alive, by what is heard of them. */

import type { NodeStatus } from '../cluster.js'
import { type Heartbeat, PROTOCOL_VERSION } from '../wire/wire.js'

/** More nodes than any cluster has: what says to be another one is forged. */
const MAX_NODES = 4096
/** What one step of time counts for at most: a process that stood still itself must not take the others for dead. */
const LONGEST_STEP_MS = 500
/** For how long a node of another version is remembered after it was heard. */
const FOREIGN_MS = 10_000
const MAX_FOREIGN = 64

interface Known {
  status: NodeStatus
  silentMs: number
}

interface Foreign {
  readonly name: string
  readonly version: number
  silentMs: number
}

export interface NodesParts {
  /** What this node calls itself. */
  readonly name: string
  readonly deadMs: number
  /** How long nodes are held to be alive while the bus is away. */
  readonly patienceMs: number
  /** A node is here. `asks`: it doesn't know who else is. */
  appeared(node: NodeStatus, asks: boolean): void
  gone(node: NodeStatus, reason: string): void
  /** Another node calls itself the same. */
  namesake(node: NodeStatus): void
  /** A node speaks another version; told once while it is heard. */
  foreign(sender: string, name: string, version: number): void
}

export class Nodes {
  readonly #parts: NodesParts
  readonly #known = new Map<string, Known>()
  readonly #foreign = new Map<string, Foreign>()
  #awayMs = 0

  constructor(parts: NodesParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#known.size
  }

  *[Symbol.iterator](): Iterator<NodeStatus> {
    for (const { status } of this.#known.values()) yield status
  }

  get(incarnation: string): NodeStatus | undefined {
    return this.#known.get(incarnation)?.status
  }

  /** The node itself, or the one that has inherited from it. */
  heirOf(incarnation: string): NodeStatus | undefined {
    const known = this.get(incarnation)
    if (known) return known
    for (const { status } of this.#known.values()) if (status.inherited.includes(incarnation)) return status
    return undefined
  }

  /** One that calls itself as this node does, and stays. */
  get namesake(): NodeStatus | undefined {
    for (const { status } of this.#known.values()) if (this.#isNamesake(status)) return status
    return undefined
  }

  /** What keeps this node from being one with all others, for operators. */
  get problems(): string[] {
    const problems = [...this.#foreign.values()].map(
      ({ name, version }) =>
        `${name === '' ? 'a node' : `the node ${JSON.stringify(name)}`} speaks version ${version} of the protocol between nodes, ` +
        `this one ${PROTOCOL_VERSION}`,
    )
    if (this.namesake) problems.push(`another node is called ${JSON.stringify(this.#parts.name)} too`)
    return problems
  }

  /** A node says what it is. False when there is no room for another. */
  hear({ asks, ...status }: Heartbeat): boolean {
    const known = this.#known.get(status.incarnation)
    if (known) {
      const wasNamesake = this.#isNamesake(known.status)
      known.status = status
      known.silentMs = 0
      if (!wasNamesake && this.#isNamesake(status)) this.#parts.namesake(status)
      return true
    }
    if (this.#known.size >= MAX_NODES) return false
    this.#known.set(status.incarnation, { status, silentMs: 0 })
    this.#parts.appeared(status, asks)
    if (this.#isNamesake(status)) this.#parts.namesake(status)
    return true
  }

  /** Anything else was heard of a node. Undefined: it isn't known to be alive. */
  touch(incarnation: string): NodeStatus | undefined {
    const known = this.#known.get(incarnation)
    if (known) known.silentMs = 0
    return known?.status
  }

  /** A node says that it goes. */
  leave(incarnation: string): void {
    this.#bury(incarnation, 'it has stopped')
  }

  hearForeign(sender: string, name: string, version: number): void {
    const known = this.#foreign.get(sender)
    if (known === undefined && this.#foreign.size >= MAX_FOREIGN) return
    // Only heartbeats tell a name: the first message may be another.
    if (known === undefined || (known.name === '' && name !== '')) this.#parts.foreign(sender, name, version)
    this.#foreign.set(sender, { name: name || (known?.name ?? ''), version, silentMs: 0 })
  }

  /** Time goes by. While the bus is away nobody can be heard, so silence counts for nothing, up to a bound. */
  tick(elapsedMs: number, isBusUp: boolean): void {
    const stepMs = Math.min(elapsedMs, LONGEST_STEP_MS)
    this.#awayMs = isBusUp ? 0 : this.#awayMs + stepMs
    const { deadMs, patienceMs } = this.#parts
    if (!isBusUp && this.#awayMs < patienceMs) return
    for (const [incarnation, known] of [...this.#known]) {
      known.silentMs += stepMs
      if (!isBusUp) this.#bury(incarnation, `the bus was away for ${patienceMs} ms`)
      else if (known.silentMs >= deadMs) this.#bury(incarnation, `nothing was heard of it for ${deadMs} ms`)
    }
    for (const [sender, foreign] of [...this.#foreign]) {
      foreign.silentMs += stepMs
      if (foreign.silentMs >= FOREIGN_MS) this.#foreign.delete(sender)
    }
  }

  /** One that sends its clients away makes room for a successor of its name. */
  #isNamesake({ name, draining }: NodeStatus): boolean {
    return name === this.#parts.name && !draining
  }

  #bury(incarnation: string, reason: string): void {
    const known = this.#known.get(incarnation)
    if (known === undefined) return
    this.#known.delete(incarnation)
    this.#parts.gone(known.status, reason)
  }
}
