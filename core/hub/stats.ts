import type { DropReason } from '../cluster/wire/wire.js'
import type { HubStats } from '../contracts/observer.js'
import type { ErrorCode } from '../errors.js'
import { KINDS, type KindName } from '../protocol.js'

const kindNames = Object.keys(KINDS) as KindName[]

/** What a cluster can be asked, of this moment; but `resentBatches` counts since the start. */
interface ClusterFigures {
  readonly nodes: number
  readonly links: number
  readonly unconfirmedBytes: number
  readonly resentBatches: number
}

const ALONE: ClusterFigures = { nodes: 0, links: 0, unconfirmedBytes: 0, resentBatches: 0 }

/** The hub's counters. Hot fields are plain numbers and arrays; records are made when somebody reads them. */
export class Stats implements HubStats {
  peers = 0
  detached = 0
  rooms = 0
  memberships = 0
  connections = 0
  resumes = 0
  moves = 0
  replayed = 0
  deliveries = 0
  bytesIn = 0
  bytesOut = 0
  writes = 0
  reads = 0
  engineRebuilds = 0
  linksLost = 0
  /** Walk all there are; set by whoever has them, called when somebody looks. */
  measureQueuedBytes: () => number = () => 0
  measureLogBytes: () => number = () => 0
  measureWaitingBytes: () => number = () => 0
  measureHandshakes: () => number = () => 0
  measureDetachedBytes: () => number = () => 0
  measureCluster: () => ClusterFigures = () => ALONE
  measurePolicyFigures: () => Record<string, number> = () => ({})
  readonly #messages = new Float64Array(16)
  readonly #refused = new Map<ErrorCode, number>()
  readonly #busDropped = new Map<DropReason, number>()

  accepted(kind: number, lengthBytes: number): void {
    this.#messages[kind]!++
    this.bytesIn += lengthBytes
  }

  refuse(code: ErrorCode): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
  }

  dropOnBus(reason: DropReason): void {
    this.#busDropped.set(reason, (this.#busDropped.get(reason) ?? 0) + 1)
  }

  get nodes(): number {
    return this.measureCluster().nodes
  }

  get links(): number {
    return this.measureCluster().links
  }

  get unconfirmedBytes(): number {
    return this.measureCluster().unconfirmedBytes
  }

  get resentBatches(): number {
    return this.measureCluster().resentBatches
  }

  get queuedBytes(): number {
    return this.measureQueuedBytes()
  }

  get logBytes(): number {
    return this.measureLogBytes()
  }

  get waitingBytes(): number {
    return this.measureWaitingBytes()
  }

  get handshakes(): number {
    return this.measureHandshakes()
  }

  get detachedBytes(): number {
    return this.measureDetachedBytes()
  }

  get policyFigures(): Record<string, number> {
    return this.measurePolicyFigures()
  }

  get messages(): Record<string, number> {
    return Object.fromEntries(kindNames.map((name) => [name, this.#messages[KINDS[name]]!]))
  }

  get refused(): Record<string, number> {
    return Object.fromEntries(this.#refused)
  }
  get busDropped(): Record<string, number> {
    return Object.fromEntries(this.#busDropped)
  }
}
