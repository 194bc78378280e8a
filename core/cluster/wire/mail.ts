/** What goes out on the bus, and what comes in that is fit to be read. */

import type { Logger } from 'pino'
import type { Clock } from '../../clock.js'
import type { Bus } from '../../contracts/bus.js'
import type { Stats } from '../../hub/stats.js'
import { Complaints } from './complaints.js'
import type { DropReason, Incoming, Wire } from './wire.js'

export interface MailParts {
  readonly bus: Bus
  readonly wire: Wire
  readonly incarnation: string
  readonly clock: Clock
  readonly logger: Logger
  readonly stats: Pick<Stats, 'dropOnBus'>
  /** What operators call a node. */
  nameOf(incarnation: string): string | undefined
  /** Somebody speaks another version. */
  foreign(sender: string, name: string, version: number): void
}

export class Mail {
  readonly #parts: MailParts
  readonly #complaints: Complaints

  constructor(parts: MailParts) {
    this.#parts = parts
    this.#complaints = new Complaints(parts.clock)
  }

  /** Sends a message that was sealed for this topic; false when the bus is away. */
  post(topic: string, message: Buffer): boolean {
    const { bus } = this.#parts
    if (bus.state !== 'up') return false
    bus.publish(topic, message).catch(ignore) // links repeat what is lost, and so does whoever tells all
    return true
  }

  /** Frames and sends. */
  say(topic: string, kind: number, body: Uint8Array): void {
    this.post(topic, this.#parts.wire.message(topic, kind, body))
  }

  /** A message of another node of this cluster, of a kind that belongs on its topic; anything else is dropped. */
  open(topic: string, bytes: Uint8Array, kinds: ReadonlySet<number>): Incoming | undefined {
    const { wire, incarnation } = this.#parts
    const message = wire.open(topic, bytes)
    if ('drop' in message) {
      if (message.foreign === undefined) this.drop(message.drop, '', `on ${topic}`)
      else this.#dropForeign(message.foreign)
    } else if (message.sender === incarnation) {
      this.drop('forged', '', 'it comes in the name of this node')
    } else if (!kinds.has(message.kind)) {
      this.drop('malformed', message.sender, `kind ${message.kind} on ${topic}`)
    } else {
      return message
    }
    return undefined
  }

  /** Counts a message that is of no use, and logs the first of its sender in a minute. */
  drop(reason: DropReason, sender: string, what: string): void {
    this.#parts.stats.dropOnBus(reason)
    if (!this.#complaints.may(`${reason} ${sender}`)) return
    const node = this.#parts.nameOf(sender) ?? sender
    this.#parts.logger.warn({ reason, node, what }, 'a message on the bus was dropped')
  }

  #dropForeign({ sender, name, version }: { sender: string; name: string; version: number }): void {
    this.#parts.stats.dropOnBus('version')
    this.#parts.foreign(sender, name, version)
  }
}

const ignore = (): void => {}
