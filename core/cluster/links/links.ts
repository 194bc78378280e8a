/** The links of this node, one to a node at a time, and who hears of what comes over them. */

import { randomInt } from 'node:crypto'
import { decodeBatch } from '../wire/batch.js'
import { BadRecord } from '../wire/records.js'
import { decodePair, encodePair, type Incoming, KIND, type Wire } from '../wire/wire.js'
import type { Link, LinkListener, NodeInfo } from './link.js'
import { type LinkParts, SequencedLink } from './sequenced-link.js'

export interface LinksParts {
  readonly wire: Wire
  /** Unconfirmed bytes at which a link is given up. */
  readonly limitBytes: number
  /** The topic of a node's inbox. */
  inboxOf(incarnation: string): string
  /** Milliseconds; never goes back. */
  now(): number
  /** Puts a message on the bus; false when it is away. */
  post(topic: string, message: Buffer): boolean
  /** Calls once this tick is over. */
  defer(run: () => void): void
  after(ms: number, run: () => void): void
  /** A link that was up is down. */
  lost(link: Link, reason: string): void
  /** A listener threw where nothing can be wrong with a record. */
  failed(node: NodeInfo, error: unknown): void
}

export class Links {
  readonly #parts: LinksParts
  readonly #links = new Map<string, SequencedLink>()
  readonly #listeners: LinkListener[] = []
  /** By the type of record. */
  readonly #byType: LinkListener[] = []
  #repeatedBefore = 0

  constructor(parts: LinksParts) {
    this.#parts = parts
  }

  /** How many are up. */
  get up(): number {
    let up = 0
    for (const link of this.#links.values()) if (link.isUp) up++
    return up
  }

  /** Bytes that other nodes haven't confirmed. */
  get unconfirmedBytes(): number {
    let bytes = 0
    for (const link of this.#links.values()) bytes += link.unconfirmedBytes
    return bytes
  }

  /** How often a batch was sent once more, since the start. */
  get repeated(): number {
    let repeated = this.#repeatedBefore
    for (const link of this.#links.values()) repeated += link.repeated
    return repeated
  }

  listen(from: number, to: number, listener: LinkListener): void {
    this.#listeners.push(listener)
    for (let type = from; type < to; type++) this.#byType[type] = listener
  }

  /** The link to a node that is alive, opened where there is none. */
  to(node: NodeInfo): SequencedLink {
    const known = this.#links.get(node.incarnation)
    if (known) return known
    const link = this.#make(node)
    link.sayOpen()
    return link
  }

  /** A message in the inbox from a node that is alive. Throws `BadRecord`; the link is reset then. */
  receive(node: NodeInfo, { kind, body }: Incoming): void {
    try {
      if (kind === KIND.open) this.#opened(node, body)
      else if (kind === KIND.batch) this.#received(node, body)
      else this.#reset(node, body)
    } catch (error) {
      this.drop(node.incarnation, 'what came over it was malformed')
      throw error
    }
  }

  /** Ends the link to a node, where there is one. */
  drop(incarnation: string, reason: string): void {
    const link = this.#links.get(incarnation)
    if (link) this.#end(link, reason)
  }

  /** Time goes by, the bus being there. */
  tick(elapsedMs: number): void {
    for (const link of this.#links.values()) link.tick(elapsedMs)
  }

  /** The bus is back. */
  recover(): void {
    for (const link of this.#links.values()) link.recover()
  }

  #opened(node: NodeInfo, body: Buffer): void {
    const pair = decodePair(body)
    const known = this.#links.get(node.incarnation)
    if (known?.isReplacedBy(pair)) this.#end(known, 'the other node began anew')
    const link = this.#links.get(node.incarnation) ?? this.#make(node)
    link.opened(pair)
  }

  #received(node: NodeInfo, body: Buffer): void {
    const batch = decodeBatch(body)
    const link = this.#links.get(node.incarnation)
    if (link) link.received(batch)
    else this.refuse(node.incarnation, body)
  }

  #reset(node: NodeInfo, body: Buffer): void {
    const pair = decodePair(body)
    const link = this.#links.get(node.incarnation)
    if (link?.isResetBy(pair)) this.#end(link, 'the other node gave it up')
  }

  /** Tells a node that a batch of its came to no link. Throws `BadRecord`. */
  refuse(incarnation: string, body: Buffer): void {
    const { pair } = decodeBatch(body)
    const { wire, inboxOf, post } = this.#parts
    const inbox = inboxOf(incarnation)
    post(inbox, wire.message(inbox, KIND.reset, encodePair({ mine: pair.yours, yours: pair.mine })))
  }

  #make(node: NodeInfo): SequencedLink {
    const { wire, limitBytes, inboxOf, now, post, defer, after } = this.#parts
    const parts: LinkParts = {
      wire,
      inbox: inboxOf(node.incarnation),
      limitBytes,
      drawId: () => randomInt(1, 2 ** 32),
      now,
      post,
      defer,
      after,
      up: (link) => this.#tell(link, (listener) => listener.up(link)),
      record: (link, type, body) => this.#record(link, type, body),
      confirmed: (link, position) => this.#tell(link, (listener) => listener.confirmed(link, position)),
      end: (link, reason) => this.#end(link, reason),
    }
    const link = new SequencedLink(node, parts)
    this.#links.set(node.incarnation, link)
    return link
  }

  #record(link: SequencedLink, type: number, body: Buffer): void {
    const listener = this.#byType[type]
    if (listener === undefined) throw new BadRecord(`a record of the unknown type ${type}`)
    listener.record(link, type, body)
  }

  #end(link: SequencedLink, reason: string): void {
    if (this.#links.get(link.node.incarnation) !== link) return
    this.#links.delete(link.node.incarnation)
    this.#repeatedBefore += link.repeated
    const wasUp = link.isUp
    link.over()
    if (!wasUp) return
    this.#parts.lost(link, reason)
    this.#tell(link, (listener) => listener.down(link, reason))
  }

  /** What one listener throws is nothing to the others. */
  #tell(link: Link, tell: (listener: LinkListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        tell(listener)
      } catch (error) {
        this.#parts.failed(link.node, error)
      }
    }
  }
}
