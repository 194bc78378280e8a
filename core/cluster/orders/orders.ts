/**
 * What operators order on one node is carried out on all. An order goes over every link, and each node hands it on over
 * its own, so that it reaches whoever can be reached. Revocations are held, and told to every node that a link comes up
 * to: a node that joins later, or was away, learns those that still hold.
 */

import { randomBytes } from 'node:crypto'
import type { Clock, Timer } from '../../clock.js'
import type { Authority, Done, Target } from '../../http/operations.js'
import type { Lifecycle } from '../../plugin.js'
import type { Cluster } from '../cluster.js'
import type { Link, LinkListener } from '../links/link.js'
import { RECORDS } from '../wire/records.js'
import { type Order, readOrder, writeOrder } from './order-records.js'
import { OrderReplies } from './order-replies.js'
import { Revocations } from './revocations.js'

const [ORDER] = RECORDS.orders

/** How often this node looks whether it has the link that keeps the cluster connected, and forgets what is over. */
const EVERY_MS = 1000
/** For how long a kick is told to nodes that a link comes up to. */
const RECENT_MS = 10_000
const MAX_RECENT = 4096

export class Orders implements Authority, LinkListener, Lifecycle {
  readonly #cluster: Cluster
  readonly #local: Authority
  readonly #clock: Clock
  readonly #replies: OrderReplies
  readonly #revocations: Revocations
  /** The last orders, by id; oldest first. */
  readonly #recent = new Map<string, { readonly order: Order; readonly at: number }>()
  readonly #up = new Set<Link>()
  #timer: Timer | undefined

  /** `local` carries out what is to be done here, at once. */
  constructor(cluster: Cluster, local: Authority, clock: Clock) {
    this.#cluster = cluster
    this.#local = local
    this.#clock = clock
    this.#replies = new OrderReplies(cluster, clock)
    this.#revocations = new Revocations(clock)
    cluster.listen(ORDER, ORDER + 1, this)
  }

  start(): void {
    this.#timer = this.#clock.every(EVERY_MS, () => this.#tick())
    this.#tick()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async kick(target: Target, reason: string): Promise<Done> {
    return this.#issue({ id: newId(), type: 'kick', target, reason })
  }

  async revoke(principal: string, forMs: number, reason: string): Promise<Done> {
    const stamp = this.#revocations.nextStamp()
    const isLifted = forMs === 0
    // Its end is remembered for as long as somebody may still hold the revocation.
    const leftMs = isLifted ? this.#revocations.leftMs(principal) : forMs
    return this.#issue({ id: newId(), type: 'revoke', principal, stamp, leftMs, isLifted, reason })
  }

  up(link: Link): void {
    this.#up.add(link)
    const now = this.#clock.monotonic()
    for (const { order, at } of this.#recent.values()) {
      if (order.type === 'kick' && now - at < RECENT_MS) this.#tell(link, order)
    }
    for (const order of this.#revocations.held()) this.#tell(link, order)
  }

  record(link: Link, _type: number, body: Buffer): void {
    const order = readOrder(body)
    if (!this.#isNew(order)) return
    if (this.#isOutdated(order)) {
      this.#replies.answer(order.id, 0)
      return
    }
    for (const other of this.#up) if (other !== link) this.#tell(other, order)
    void this.#obey(order)
  }

  confirmed(): void {}

  down(link: Link): void {
    this.#up.delete(link)
  }

  async #issue(order: Order): Promise<Done> {
    this.#isNew(order)
    this.#isOutdated(order)
    const replies = this.#replies.gather(order.id)
    // A node that there was no link to hears of it when one comes up.
    for (const { incarnation } of this.#cluster.nodes) this.#cluster.link(incarnation)
    for (const link of this.#up) this.#tell(link, order)
    const { kicked } = await this.#carryOut(order)
    const { kicked: elsewhere, unheard } = await replies
    return { kicked: kicked + elsewhere, ...(unheard.length === 0 ? {} : { unheard }) }
  }

  async #obey(order: Order): Promise<void> {
    const { kicked } = await this.#carryOut(order)
    this.#replies.answer(order.id, kicked)
  }

  #carryOut(order: Order): Done | Promise<Done> {
    if (order.type === 'kick') return this.#local.kick(order.target, order.reason)
    return this.#local.revoke(order.principal, order.isLifted ? 0 : order.leftMs, order.reason)
  }

  /** Remembers an order; false when it is known. */
  #isNew(order: Order): boolean {
    if (this.#recent.has(order.id)) return false
    this.#recent.set(order.id, { order, at: this.#clock.monotonic() })
    if (this.#recent.size > MAX_RECENT) this.#recent.delete(this.#recent.keys().next().value!)
    return true
  }

  /** Whether a later word has taken the place of an order before it came. */
  #isOutdated(order: Order): boolean {
    return order.type === 'revoke' && !this.#revocations.learn(order)
  }

  #tell(link: Link, order: Order): void {
    link.send(ORDER, writeOrder(order))
  }

  /** Every node has a link to the one whose incarnation comes first: so there is a way between any two. */
  #tick(): void {
    let first = this.#cluster.incarnation
    for (const { incarnation } of this.#cluster.nodes) if (incarnation < first) first = incarnation
    this.#cluster.link(first)
    this.#revocations.forget()
  }
}

const newId = (): string => randomBytes(12).toString('base64url')
