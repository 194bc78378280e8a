/** The cluster above a bus: who is there, links to them, and who else has members of a room. */

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../clock.js'
import { configError } from '../config/config-error.js'
import type { Config } from '../config/schema.js'
import type { Bus } from '../contracts/bus.js'
import type { Stats } from '../hub/stats.js'
import type { Lifecycle } from '../plugin.js'
import type { Cluster, NodeLoad, NodeStatus } from './cluster.js'
import type { Link, LinkListener, NodeInfo } from './links/link.js'
import { Links } from './links/links.js'
import { Nodes } from './nodes/nodes.js'
import { Pulse } from './nodes/pulse.js'
import { Regards, STEP_MS } from './presence/regards.js'
import { inboxOf, NODES_TOPIC, Reception } from './reception.js'
import { Mail } from './wire/mail.js'
import { KIND, PROTOCOL_VERSION, Wire } from './wire/wire.js'

const MAX_COMMAND_BYTES = 16 * 1024
/** How long a node that was given a name waits for another one of that name to object. */
const NAME_MS = 500

export interface BusClusterParts {
  readonly bus: Bus
  readonly options: Config['cluster']
  /** How long nodes are held to be alive while the bus is away. */
  readonly patienceMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly stats: Stats
  /** Calls once this tick is over; tests have ticks of their own. */
  readonly defer?: (run: () => void) => void
}

export class BusCluster implements Cluster, Lifecycle {
  readonly incarnation = randomBytes(12).toString('base64url')
  readonly name: string
  readonly #bus: Bus
  readonly #options: Config['cluster']
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #stats: Stats
  readonly #wire: Wire
  readonly #inbox = inboxOf(this.incarnation)
  readonly #mail: Mail
  readonly #pulse: Pulse
  readonly #nodes: Nodes
  readonly #links: Links
  readonly #regards: Regards
  readonly #reception: Reception
  readonly #hereHearers: ((room: string, incarnation: string) => void)[] = []
  #state: 'outside' | 'entering' | 'inside' | 'stopped' = 'outside'
  #wasUp = false
  #lastTick = 0
  #timer: Timer | undefined

  constructor({ bus, options, patienceMs, clock, logger, stats, defer = endOfTick }: BusClusterParts) {
    this.name = options.name ?? `${hostname()}-${randomBytes(2).toString('hex')}`
    this.#bus = bus
    this.#options = options
    this.#clock = clock
    this.#logger = logger
    this.#stats = stats
    this.#wire = new Wire(this.incarnation, options.secret)
    this.#mail = new Mail({
      bus,
      wire: this.#wire,
      incarnation: this.incarnation,
      clock,
      logger,
      stats,
      nameOf: (incarnation) => this.#nodes.get(incarnation)?.name,
      foreign: (sender, name, version) => this.#nodes.hearForeign(sender, name, version),
    })
    const { heartbeatMs: everyMs, deadMs, ...place } = options
    if (deadMs <= 2 * everyMs)
      throw configError('cluster.deadMs', `must be more than twice ${everyMs} (heartbeatMs)`)
    this.#pulse = new Pulse({ ...place, mail: this.#mail, topic: NODES_TOPIC, name: this.name, everyMs })
    this.#nodes = new Nodes({
      name: this.name,
      deadMs,
      patienceMs,
      appeared: (node, asks) => this.#appeared(node, asks),
      gone: (node, reason) => this.#gone(node, reason),
      namesake: ({ name }) => logger.error({ node: name }, 'another node has the name of this one'),
      foreign: (sender, name, version) =>
        logger.error({ node: name || sender, version, ownVersion: PROTOCOL_VERSION }, FOREIGN),
    })
    this.#links = new Links({
      wire: this.#wire,
      limitBytes: options.linkBytes,
      inboxOf,
      now: () => clock.monotonic(),
      post: (topic, message) => this.#mail.post(topic, message),
      defer,
      after: (ms, run) => void clock.after(ms, run),
      lost: (link, reason) => this.#lost(link, reason),
      failed: (node, error) => logger.error({ err: error, node: node.name }, 'a listener to links failed'),
    })
    this.#regards = new Regards({
      subscribe: (topic, receive) => bus.subscribe(topic, receive),
      unsubscribe: (topic) => bus.unsubscribe(topic),
      say: (topic) => this.#mail.say(topic, KIND.here, NOTHING),
      open: (topic, message) => this.#mail.open(topic, message, HERE_KINDS)?.sender,
      heard: (room, incarnation) => {
        for (const hear of this.#hereHearers) hear(room, incarnation)
      },
      isAlive: (incarnation) => this.#nodes.get(incarnation) !== undefined,
    })
    this.#reception = new Reception({
      ...{ mail: this.#mail, nodes: this.#nodes, links: this.#links, pulse: this.#pulse },
      ...{ inbox: this.#inbox, logger, stats },
    })
    stats.measureCluster = () => ({
      nodes: this.#nodes.size,
      links: this.#links.up,
      unconfirmedBytes: this.#links.unconfirmedBytes,
      resentBatches: this.#links.repeated,
    })
  }

  /** What keeps this node from being one with the others, besides a bus that is away. */
  get problems(): readonly string[] {
    return this.#nodes.problems
  }

  /**
   * Enters the cluster; with a bus that is away, as soon as it is back. Throws a `ConfigError` when a node of the name
   * that this one was given is there already.
   */
  async start(): Promise<void> {
    this.#lastTick = this.#clock.monotonic()
    this.#timer = this.#clock.every(STEP_MS, () => this.#tick())
    if (this.#bus.state !== 'up') return
    this.#wasUp = true
    await this.#enter()
    if (this.#options.name === undefined) return
    await new Promise<void>((resolve) => this.#clock.after(NAME_MS, resolve))
    if (this.#nodes.namesake === undefined) return
    throw configError('cluster.name', `a node of the name "${this.name}" runs already; give each its own`)
  }

  /** Says goodbye. Links end without a word to their listeners: those have stopped before. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    const wasInside = this.#state === 'inside'
    this.#state = 'stopped'
    if (!wasInside || this.#bus.state !== 'up') return
    await this.#bus.publish(NODES_TOPIC, this.#wire.message(NODES_TOPIC, KIND.bye, NOTHING)).catch(ignore)
    await this.#bus.unsubscribe(this.#inbox).catch(ignore)
    await this.#bus.unsubscribe(NODES_TOPIC).catch(ignore)
  }

  get nodes(): Iterable<NodeStatus> {
    return this.#nodes
  }

  node(incarnation: string): NodeStatus | undefined {
    return this.#nodes.get(incarnation)
  }

  heirOf(incarnation: string): NodeStatus | undefined {
    return this.#nodes.heirOf(incarnation)
  }

  get inherited(): readonly string[] {
    return this.#pulse.inherited
  }

  inherit(incarnations: readonly string[]): void {
    this.#pulse.inherit(incarnations)
    if (this.#state === 'inside') this.#pulse.beat()
  }

  link(incarnation: string): Link | undefined {
    const node = this.#nodes.get(incarnation)
    return node && this.#links.to(node)
  }

  listen(from: number, to: number, listener: LinkListener): void {
    this.#links.listen(from, to, listener)
  }

  regard(room: string): void {
    this.#regards.add(room)
  }

  disregard(room: string): void {
    this.#regards.delete(room)
  }

  onHere(hear: (room: string, incarnation: string) => void): void {
    this.#hereHearers.push(hear)
  }

  tellAll(type: number, body: Buffer): void {
    if (body.length > MAX_COMMAND_BYTES) throw new RangeError(`a command of ${body.length} bytes is too long`)
    const message = Buffer.concat([Buffer.of(type), body])
    this.#mail.say(NODES_TOPIC, KIND.command, message)
  }

  onCommand(hear: (from: NodeInfo, type: number, body: Buffer) => void): void {
    this.#reception.onCommand(hear)
  }

  report(load: NodeLoad): void {
    if (this.#pulse.report(load) && this.#state === 'inside') this.#pulse.beat()
  }

  /** Hears first, and speaks then. */
  async #enter(): Promise<void> {
    this.#state = 'entering'
    try {
      await this.#bus.subscribe(this.#inbox, (message) => this.#reception.toThis(message))
      await this.#bus.subscribe(NODES_TOPIC, (message) => this.#reception.toAll(message))
    } catch (error) {
      if (this.#bus.state === 'up') throw error
      if (this.#state === 'entering') this.#state = 'outside' // again, when it is back
      return
    }
    if (this.#state !== 'entering') return
    this.#state = 'inside'
    this.#bus.will?.(NODES_TOPIC, this.#wire.message(NODES_TOPIC, KIND.bye, NOTHING))
    this.#pulse.beat(true)
  }

  #tick(): void {
    const now = this.#clock.monotonic()
    const elapsedMs = now - this.#lastTick
    this.#lastTick = now
    const isUp = this.#bus.state === 'up'
    const isBack = isUp && !this.#wasUp
    this.#wasUp = isUp
    if (isUp && this.#state === 'outside') {
      this.#enter().catch((error) => this.#logger.error({ err: error }, 'the cluster cannot be entered'))
    }
    if (isBack || elapsedMs > this.#options.deadMs / 2) this.#regards.sayAll()
    if (isBack) this.#links.recover()
    if (!isUp || !this.#bus.isInDoubt) this.#nodes.tick(elapsedMs, isUp)
    if (!isUp || this.#state !== 'inside') return
    if (isBack) this.#pulse.beat(true)
    this.#pulse.tick(elapsedMs)
    this.#links.tick(elapsedMs)
    this.#regards.tick(elapsedMs)
  }

  /** One that asks says itself what rooms it has. */
  #appeared(node: NodeStatus, asks: boolean): void {
    this.#logger.info({ node: node.name }, 'a node is here')
    if (!asks) this.#regards.sayAll()
    this.#regards.appeared(node.incarnation)
  }

  #gone(node: NodeStatus, reason: string): void {
    this.#logger.warn({ node: node.name, reason }, 'a node is gone')
    this.#links.drop(node.incarnation, reason)
  }

  #lost(link: Link, reason: string): void {
    this.#stats.linksLost++
    this.#regards.lost(link.node.incarnation)
    this.#logger.warn({ node: link.node.name, reason }, 'the link to a node is lost')
  }
}

const HERE_KINDS: ReadonlySet<number> = new Set([KIND.here])

const FOREIGN = 'a node speaks another version of the protocol between nodes: neither hears the other'
const NOTHING = Buffer.alloc(0)
const endOfTick = (run: () => void): void => void setImmediate(run)
const ignore = (): void => {}
