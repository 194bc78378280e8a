/** What every experiment with several nodes has in common: clients all over them, under load, and a verdict at the end. */

import { writeFileSync } from 'node:fs'
import { Broker } from '../broker.js'
import { check, describeFaults, faultsIn } from '../checker.js'
import { type BusName, LabCluster, type LabNode } from '../cluster.js'
import { ControlGroup } from '../control-group.js'
import { disagreement } from '../convergence.js'
import type { Finding, Lab } from '../lab.js'
import type { LabClient } from '../lab-client.js'
import type { Outage } from '../log.js'
import { settle, sleep, until } from '../waiting.js'
import { ms } from './crowd.js'
import { Load, roomsFor } from './load.js'

/** Messages that each client sends a second: several nodes, their broker and the lab share one machine. */
const PER_SECOND = 3
/**
 * A silent server is noticed within 5 s. The window of a resume outlasts the time in which others notice a node's
 * death; what is kept for whoever is away is generous: what is looked for here is what gets lost between nodes.
 */
export const CLUSTER_LIMITS = {
  pingMs: 3000,
  pongMs: 30_000,
  resumeMs: 20_000,
  drainMs: 1000,
  replayFrames: 100_000,
  replayBytes: 64 * 2 ** 20,
}
/** Longer than a node may take to ask another one for a session. */
const HANDSHAKE_MS = 6000
/** What nodes may take to notice that an outage is over, and to mend it. */
const MENDING_MS = 10_000
/** When nothing converges by then, nothing ever will. */
const PATIENCE_MS = 60_000
/** For how long all must agree until the lab believes it: nodes that find each other may first have to part. */
const STEADY_MS = 2000
/** How often the lab compares what members believe. */
const LOOK_MS = 20

/** By then readiness tells that the bus is away, or back; and members agree after it is. */
export const DEGRADED_MS = 10_000
export const HEALED_MS = 3000

/** Buses with a broker that can break. */
export const BROKERS: readonly BusName[] = ['nats', 'redis']

export interface RunOptions {
  readonly nodes?: number
  readonly proxied?: boolean
  /** Whether each node has a control group; not where nodes go, and with them those who stay on them. */
  readonly controlled?: boolean
  readonly config?: Record<string, unknown>
  /** Made already, in networks of their own. */
  readonly cluster?: LabCluster
}

export class ClusterRun {
  readonly lab: Lab
  readonly cluster: LabCluster
  readonly clients: readonly LabClient[]
  readonly load: Load
  /** Members of rooms that live on one node alone: nothing that befalls the bus may concern them. */
  readonly controls: ControlGroup
  readonly figures: Record<string, string | number> = {}
  readonly failures: string[] = []
  readonly #outages: Outage[] = []
  /** The longest that each thing took, milliseconds. */
  readonly #worst = new Map<string, number>()

  private constructor(lab: Lab, cluster: LabCluster, clients: readonly LabClient[], controls: ControlGroup) {
    this.lab = lab
    this.cluster = cluster
    this.clients = clients
    this.controls = controls
    this.load = new Load(clients, roomsFor({ clients: clients.length }), lab.dice, PER_SECOND)
  }

  /** Starts nodes and clients, and lets them talk until all members know each other. */
  static async begin(
    lab: Lab,
    { nodes, cluster, controlled = true, ...options }: RunOptions = {},
  ): Promise<ClusterRun> {
    const { scale, dice } = lab
    const config = { limits: CLUSTER_LIMITS, ...options.config }
    const all =
      cluster ??
      (await LabCluster.start(lab, lab.bus, { ...options, config, nodes: nodes ?? scale.cluster.nodes }))
    const rooms = roomsFor(scale.cluster)
    const clients = Array.from({ length: scale.cluster.clients }, (_, i) => {
      let isFirst = true
      return lab.client(`client ${i}`, () => {
        const { open } = all
        const node = isFirst
          ? all.nodes[i % all.nodes.length]!
          : dice.pick(open.length > 0 ? open : all.nodes)
        isFirst = false
        return node
      })
    })
    for (const client of clients) {
      client.handshakeMs = HANDSHAKE_MS
      client.start()
    }
    await until('all clients are connected', () => clients.every((one) => one.isConnected))
    for (const [i, client] of clients.entries())
      client.join(rooms[Math.floor(i / all.nodes.length) % rooms.length]!)
    const controls = await ControlGroup.gather(lab, controlled ? all.nodes : [])
    const run = new ClusterRun(lab, all, clients, controls)
    await run.converge('all know each other at first', Infinity, performance.now())
    run.load.start()
    controls.start()
    await sleep(1000)
    return run
  }

  /** The node, by its number; the last one for -1. */
  node(index: number): LabNode {
    return this.cluster.nodes.at(index)!
  }

  /** Nodes may be out of reach of each other from now on, until a while after `over` is called. */
  outage(nodes?: readonly string[]): { over(): void } {
    const outage: { -readonly [K in keyof Outage]: Outage[K] } = { from: performance.now(), until: Infinity }
    if (nodes !== undefined) outage.nodes = new Set(nodes)
    this.#outages.push(outage)
    const over = () => {
      outage.until = performance.now() + MENDING_MS
    }
    return { over }
  }

  /**
   * Waits until every member of every room knows all others, and nobody else, and goes on to do so; notes when it
   * began. Nobody comes or goes meanwhile but those that are on their way.
   */
  async converge(what: string, limitMs: number, since: number): Promise<void> {
    const { calm } = this.load
    this.load.calm = true
    let reason: string | undefined
    let agreedAt = performance.now()
    const isSteady = async () => {
      await sleep(LOOK_MS)
      reason = disagreement(this.clients)
      const now = performance.now()
      if (reason !== undefined) agreedAt = now
      return now - agreedAt > STEADY_MS
    }
    if (await this.#comesTo(() => `${what}: ${reason}`, isSteady))
      this.#timed(what, agreedAt - since, limitMs)
    this.load.calm = calm
  }

  /** Notes how long something took until it is so. */
  async timed(what: string, limitMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const start = performance.now()
    if (await this.#comesTo(() => what, isSo)) this.#timed(what, performance.now() - start, limitMs)
  }

  /** What never comes is a failure, and no reason not to look at the rest. */
  async #comesTo(what: () => string, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
    try {
      await until(what, isSo, PATIENCE_MS)
      return true
    } catch (error) {
      this.failures.push((error as Error).message)
      return false
    }
  }

  #timed(what: string, tookMs: number, limitMs: number): void {
    const worst = Math.max(tookMs, this.#worst.get(what) ?? 0)
    this.#worst.set(what, worst)
    this.figures[`${what}, after`] = limitMs < Infinity ? `${ms(worst)} (at most ${ms(limitMs)})` : ms(worst)
    if (tookMs > limitMs && this.lab.scale.cluster.timed)
      this.failures.push(`${what} took ${ms(tookMs)}, and not ${ms(limitMs)} at most`)
  }

  /** Stops the load, lets everything arrive, and judges. `mayLose`: nodes whose sessions may be lost, by their labels. */
  async end(mayLose: (node: string) => boolean = () => false): Promise<Finding> {
    this.load.stop()
    this.controls.stop()
    const clients = [...this.clients, ...this.controls.clients]
    await this.converge('all know each other at last', Infinity, performance.now())
    await settle(clients).catch((error: Error) => this.failures.push(error.message))
    for (const client of clients) client.stop()
    const verdict = check(clients, this.#outages)
    const { sessions, sent, acknowledged, refused, received, lost, excused } = verdict
    const wronglyLost = clients.flatMap(({ lostAt }) => lostAt).filter((node) => !mayLose(node))
    if (faultsIn(verdict) > 0) this.failures.push(describeFaults(verdict))
    if (wronglyLost.length > 0) {
      const denials = clients.flatMap(({ resumes }) => resumes.denials).slice(0, 5)
      this.failures.push(
        `${wronglyLost.length} sessions were lost on nodes that lived\n${denials.join('\n')}`,
      )
    }
    this.failures.push(...this.controls.complaints(this.lab.scale.cluster.timed))
    if (this.failures.length > 0) {
      this.failures.push(...this.#complaints())
      this.#keep(clients)
    }
    const moved = clients.reduce((sum, { moves }) => sum + moves, 0)
    const excuses = Object.entries(excused).map(([kind, count]) => `${kind} ${count}`)
    return {
      figures: {
        clients: clients.length,
        nodes: this.cluster.nodes.length,
        ...this.figures,
        sessions,
        'sessions moved to another node': moved,
        'sessions lost and told': lost,
        'messages sent': sent,
        acknowledged,
        refused,
        'frames received': received,
        'excused by outages': excuses.join(', '),
        faults: faultsIn(verdict),
      },
      failures: this.failures,
    }
  }

  /** Writes down what the clients saw. */
  #keep(clients: readonly LabClient[]): void {
    const { keep, seed, bus, engine } = this.lab
    if (keep === undefined) return
    const outages = this.#outages.map(({ nodes, ...times }) => ({ ...times, nodes: nodes && [...nodes] }))
    const logs = clients.map(({ client, entries }) => ({ client, entries }))
    writeFileSync(keep, JSON.stringify({ seed, bus, engine, outages, logs }))
    this.failures.push(`what the clients saw stands in ${keep}`)
  }

  /** What the nodes wrote to their logs. */
  #complaints(): string[] {
    return this.cluster.nodes.flatMap(({ name, server }) =>
      server.log === '' ? [] : [`${name} says: ${server.log.slice(0, 2000)}`],
    )
  }
}

/**
 * An experiment of several nodes, once for each seed, until one finds something; skipped where there is no broker. The
 * figures are those of the last one.
 */
export async function eachSeed(lab: Lab, drill: (lab: Lab) => Promise<Finding>): Promise<Finding> {
  const skipped = lab.bus === 'ipc' ? undefined : Broker.lacks(lab.bus)
  if (skipped !== undefined) return { skipped, figures: {}, failures: [] }
  let finding: Finding = { figures: {}, failures: [] }
  for (let n = 0; n < lab.scale.cluster.seeds && finding.failures.length === 0; n++) {
    const seeded = lab.reseeded(lab.seed + n)
    finding = await drill(seeded)
    await seeded.clear()
    if (finding.skipped !== undefined) break
  }
  return finding
}
