/**
 * Nodes that are connected in memory, a step at a time: what travels over links keeps its order, everything else comes
 * when the dice say. Links can be cut, and then come to life again, as core/cluster/links/link.ts says.
 */

import type { Cluster, NodeLoad, NodeStatus } from '../../../core/cluster/cluster.js'
import type { FrameSource, Link, LinkListener, NodeInfo } from '../../../core/cluster/links/link.js'
import { BadRecord } from '../../../core/cluster/wire/records.js'
import { FRAME_SLACK } from '../../../core/engine/engine.js'

/** What is on its way: to be run when it arrives. */
type Arrival = () => void

export class FakeNetwork {
  readonly clusters = new Map<string, FakeCluster>()
  /** First in, first out each; which of them goes on is open. */
  readonly #lines = new Map<string, Arrival[]>()
  readonly #cuts = new Set<string>()
  /** Records of every type that travelled. */
  readonly travelled = new Map<number, number>()
  /** Bytes of records that had been sent over one link and not received, at most. */
  mostUnderWay = 0
  /** When set, nothing moves on these lines: a bus or a node that stands still. */
  readonly frozen = new Set<string>()

  cluster(name: string): FakeCluster {
    const cluster = new FakeCluster(this, name.padEnd(16, '_'))
    this.clusters.set(cluster.incarnation, cluster)
    return cluster
  }

  post(line: string, arrival: Arrival): void {
    const arrivals = this.#lines.get(line) ?? []
    arrivals.push(arrival)
    this.#lines.set(line, arrivals)
  }

  /** Takes one step on the line that `pick` (0 to before 1) names; false when nothing is on its way. */
  step(pick = 0): boolean {
    const busy = [...this.#lines].filter(([line, arrivals]) => arrivals.length > 0 && !this.frozen.has(line))
    const [, arrivals] = busy[Math.floor(pick * busy.length)] ?? []
    const arrival = arrivals?.shift()
    arrival?.()
    return arrival !== undefined
  }

  /** Lets everything arrive, and every hub write what it has. */
  async settle(pick: () => number = () => 0): Promise<void> {
    for (let steps = 0; ; steps++) {
      while (this.step(pick())) if (++steps > 1_000_000) throw new Error('the network never comes to rest')
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
      if (!this.isBusy) return
    }
  }

  get isBusy(): boolean {
    return [...this.#lines].some(([line, arrivals]) => arrivals.length > 0 && !this.frozen.has(line))
  }

  areTogether(one: string, other: string): boolean {
    return !this.#cuts.has([one, other].sort().join())
  }

  /** Two nodes hear nothing of each other any more: their links go down, each end when its node notices. */
  cut(one: FakeCluster, other: FakeCluster): void {
    this.#cuts.add([one.incarnation, other.incarnation].sort().join())
    one.lose(other.incarnation)
    other.lose(one.incarnation)
  }

  /** They hear each other again, and each says again which rooms it has. */
  heal(one: FakeCluster, other: FakeCluster): void {
    this.#cuts.delete([one.incarnation, other.incarnation].sort().join())
    one.sayAgain()
    other.sayAgain()
  }
}

export class FakeCluster implements Cluster {
  readonly incarnation: string
  /** What others are told of it: at once. */
  load: NodeLoad = { load: 0, peers: 0, draining: false }
  inherited: readonly string[] = []
  readonly #network: FakeNetwork
  readonly #links = new Map<string, FakeLink>()
  readonly #listeners: { from: number; to: number; listener: LinkListener }[] = []
  readonly #regarded = new Set<string>()
  #hear: (room: string, incarnation: string) => void = () => {}
  #obey: (from: NodeInfo, type: number, body: Buffer) => void = () => {}
  /** What was wrong with what others have sent. */
  readonly bad: string[] = []

  constructor(network: FakeNetwork, incarnation: string) {
    this.#network = network
    this.incarnation = incarnation
  }

  get nodes(): Iterable<NodeStatus> {
    return [...this.#network.clusters.keys()].flatMap((incarnation) => this.node(incarnation) ?? [])
  }

  node(incarnation: string): NodeStatus | undefined {
    const isAlive =
      incarnation !== this.incarnation &&
      this.#network.clusters.has(incarnation) &&
      this.#network.areTogether(this.incarnation, incarnation)
    if (!isAlive) return undefined
    const { load, inherited } = this.#network.clusters.get(incarnation)!
    return { incarnation, name: incarnation, ...load, inherited }
  }

  heirOf(incarnation: string): NodeStatus | undefined {
    return this.node(incarnation) ?? [...this.nodes].find(({ inherited }) => inherited.includes(incarnation))
  }

  inherit(incarnations: readonly string[]): void {
    this.inherited = incarnations
  }

  link(incarnation: string): Link | undefined {
    const node = this.node(incarnation)
    if (node === undefined) return undefined
    const known = this.#links.get(incarnation)
    if (known !== undefined) return known
    const other = this.#network.clusters.get(incarnation)!
    const [mine, theirs] = FakeLink.pair(this.#network, this, other)
    this.#links.set(incarnation, mine)
    this.#network.post(`${this.incarnation} to ${incarnation}`, () => other.#accept(theirs, mine))
    return mine
  }

  listen(from: number, to: number, listener: LinkListener): void {
    this.#listeners.push({ from, to, listener })
  }

  regard(room: string): void {
    this.#regarded.add(room)
    this.#say(room)
  }

  disregard(room: string): void {
    this.#regarded.delete(room)
  }

  onHere(hear: (room: string, incarnation: string) => void): void {
    this.#hear = hear
  }

  tellAll(type: number, body: Buffer): void {
    const copy = Buffer.from(body)
    for (const other of this.#network.clusters.values()) {
      if (other === this) continue
      this.#network.post(`bus from ${this.incarnation} to ${other.incarnation}`, () => {
        const from = other.node(this.incarnation)
        if (from !== undefined) other.#obey(from, type, copy)
      })
    }
  }

  onCommand(hear: (from: NodeInfo, type: number, body: Buffer) => void): void {
    this.#obey = hear
  }

  report(load: NodeLoad): void {
    this.load = load
  }

  sayAgain(): void {
    for (const room of this.#regarded) this.#say(room)
  }

  #say(room: string): void {
    for (const other of this.#network.clusters.values()) {
      if (other === this) continue
      this.#network.post(`bus from ${this.incarnation} to ${other.incarnation}`, () => {
        const isHeard = this.#network.areTogether(this.incarnation, other.incarnation)
        if (isHeard && other.#regarded.has(room)) other.#hear(room, this.incarnation)
      })
    }
  }

  /** The other end of a link that was opened there. Of two that open at once, the one from the lower name wins. */
  #accept(link: FakeLink, from: FakeLink): void {
    const { incarnation } = link.node
    if (this.node(incarnation) === undefined || from.isDead) return
    const known = this.#links.get(incarnation)
    if (known !== undefined && !known.isDead && !known.isUp && this.incarnation < incarnation) return
    if (known !== undefined) this.#bury(known, 'replaced')
    this.#links.set(incarnation, link)
    link.isUp = true
    this.#network.post(`${this.incarnation} to ${incarnation}`, () => from.comeUp())
    for (const { listener } of this.#listeners) listener.up(link)
  }

  cameUp(link: FakeLink): void {
    const { incarnation } = link.node
    const known = this.#links.get(incarnation)
    if (known !== link) {
      if (known !== undefined) this.#bury(known, 'replaced')
      this.#links.set(incarnation, link)
    }
    for (const { listener } of this.#listeners) listener.up(link)
  }

  /** Notices, when the dice say, that a node is gone. */
  lose(incarnation: string): void {
    const link = this.#links.get(incarnation)
    if (link === undefined) return
    this.#links.delete(incarnation)
    link.isDead = true
    this.#network.post(`deaths at ${this.incarnation}`, () => this.#bury(link, 'dead'))
  }

  received(link: FakeLink, type: number, body: Buffer): void {
    this.#network.travelled.set(type, (this.#network.travelled.get(type) ?? 0) + 1)
    try {
      for (const { from, to, listener } of this.#listeners) {
        if (type >= from && type < to) listener.record(link, type, body)
      }
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error
      this.bad.push(error.message)
      this.#bury(link, 'reset')
      link.peer.owner.reset(link.peer)
    }
  }

  reset(link: FakeLink): void {
    if (this.#links.get(link.node.incarnation) !== link) return
    link.isDead = true
    this.#network.post(`deaths at ${this.incarnation}`, () => this.#bury(link, 'reset'))
  }

  confirmed(link: FakeLink, position: number): void {
    for (const { listener } of this.#listeners) listener.confirmed(link, position)
  }

  #bury(link: FakeLink, reason: string): void {
    const wasUp = link.isUp
    link.isUp = false
    link.isDead = true
    if (this.#links.get(link.node.incarnation) === link) this.#links.delete(link.node.incarnation)
    if (wasUp) for (const { listener } of this.#listeners) listener.down(link, reason)
  }
}

class FakeLink implements Link {
  readonly node: NodeInfo
  readonly owner: FakeCluster
  readonly #network: FakeNetwork
  peer!: FakeLink
  isUp = false
  isDead = false
  underWay = 0
  position = 0
  confirmed = 0

  constructor(network: FakeNetwork, owner: FakeCluster, to: FakeCluster) {
    this.#network = network
    this.owner = owner
    this.node = { incarnation: to.incarnation, name: to.incarnation }
  }

  static pair(network: FakeNetwork, one: FakeCluster, other: FakeCluster): [FakeLink, FakeLink] {
    const [mine, theirs] = [new FakeLink(network, one, other), new FakeLink(network, other, one)]
    mine.peer = theirs
    theirs.peer = mine
    return [mine, theirs]
  }

  comeUp(): void {
    if (this.isDead || this.peer.isDead || this.isUp) return
    this.isUp = true
    this.owner.cameUp(this)
  }

  send(type: number, ...parts: readonly Uint8Array[]): void {
    if (!this.isUp) return
    const body = Buffer.concat(parts)
    const position = ++this.position
    this.underWay += body.length
    this.#network.mostUnderWay = Math.max(this.#network.mostUnderWay, this.underWay)
    this.#network.post(this.#line, () => this.peer.#receive(type, body, position))
  }

  sendFrame(type: number, head: Uint8Array, engine: FrameSource): void {
    const frame = Buffer.alloc(engine.frameBytes + FRAME_SLACK)
    engine.writeFrame(frame, 0)
    this.send(type, head, frame.subarray(0, engine.frameBytes))
  }

  #receive(type: number, body: Buffer, position: number): void {
    this.peer.underWay -= body.length
    if (this.isDead) return
    this.comeUp() // what is sent shows that the other end is up
    this.owner.received(this, type, body)
    if (this.isDead) return
    this.#network.post(this.#line, () => this.peer.#confirm(position))
  }

  #confirm(position: number): void {
    if (!this.isUp) return
    this.confirmed = position
    this.owner.confirmed(this, position)
  }

  get #line(): string {
    return `${this.owner.incarnation} to ${this.node.incarnation}`
  }
}
