/** What comes on the topics of this node and of all nodes: from whom it is, and who hears of it. */

import type { Logger } from 'pino'
import type { Stats } from '../hub/stats.js'
import type { NodeInfo } from './links/link.js'
import type { Links } from './links/links.js'
import type { Nodes } from './nodes/nodes.js'
import type { Pulse } from './nodes/pulse.js'
import type { Mail } from './wire/mail.js'
import { BadRecord } from './wire/records.js'
import { decodeHeartbeat, type Incoming, KIND } from './wire/wire.js'

/** What is said here is for all nodes. */
export const NODES_TOPIC = 'signalbox.nodes'
/** What is said here is for one. */
export const inboxOf = (incarnation: string): string => `signalbox.node.${incarnation}`

/** Which kinds may come on which topic. */
const NODES_KINDS: ReadonlySet<number> = new Set([KIND.heartbeat, KIND.bye, KIND.command])
const INBOX_KINDS: ReadonlySet<number> = new Set([KIND.heartbeat, KIND.open, KIND.batch, KIND.reset])

export interface ReceptionParts {
  readonly mail: Mail
  readonly nodes: Nodes
  readonly links: Links
  readonly pulse: Pulse
  /** The topic of this node. */
  readonly inbox: string
  readonly logger: Logger
  readonly stats: Pick<Stats, 'dropOnBus'>
}

export class Reception {
  readonly #parts: ReceptionParts
  readonly #commandHearers: ((from: NodeInfo, type: number, body: Buffer) => void)[] = []

  constructor(parts: ReceptionParts) {
    this.#parts = parts
  }

  /** Adds one who is told what others say to every node: see `Cluster.onCommand`. */
  onCommand(hear: (from: NodeInfo, type: number, body: Buffer) => void): void {
    this.#commandHearers.push(hear)
  }

  /** A message in the inbox of this node. */
  toThis(message: Uint8Array): void {
    this.#hear(this.#parts.inbox, message, INBOX_KINDS)
  }

  /** A message for all nodes. */
  toAll(message: Uint8Array): void {
    this.#hear(NODES_TOPIC, message, NODES_KINDS)
  }

  #hear(topic: string, bytes: Uint8Array, kinds: ReadonlySet<number>): void {
    const { mail, logger } = this.#parts
    const message = mail.open(topic, bytes, kinds)
    if (message === undefined) return
    try {
      this.#handle(message)
    } catch (error) {
      if (error instanceof BadRecord) mail.drop('malformed', message.sender, error.message)
      else logger.error({ err: error }, 'a message of another node could not be handled')
    }
  }

  #handle(message: Incoming): void {
    const { mail, nodes, links, pulse, stats } = this.#parts
    const { kind, sender, body } = message
    if (kind === KIND.heartbeat) {
      const beat = decodeHeartbeat(sender, body)
      if (!nodes.hear(beat)) mail.drop('bound', sender, 'too many nodes')
      else if (beat.asks) pulse.tell(inboxOf(sender))
      return
    }
    const node = nodes.touch(sender)
    if (node === undefined) {
      if (kind === KIND.bye) return // it was said before
      stats.dropOnBus('stranger')
      if (kind === KIND.batch) links.refuse(sender, body)
      else if (kind === KIND.open) pulse.tell(inboxOf(sender), true) // it knows this node: who is it?
    } else if (kind === KIND.bye) {
      nodes.leave(sender)
    } else if (kind === KIND.command) {
      if (body.length === 0) throw new BadRecord('a command of no type')
      for (const hear of this.#commandHearers) hear(node, body[0]!, body.subarray(1))
    } else {
      links.receive(node, message)
    }
  }
}
