/** The middle of the bus `ipc`: in the primary, brings what a worker publishes to the others that subscribed to it. */

import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { firstLine } from '../first-line.js'
import {
  BodyReader,
  EXCHANGE_FRAMES,
  ExchangeReader,
  ExchangeWriter,
  questionNumber,
  shortText,
} from './exchange-frames.js'

/** What may wait for a worker that doesn't read. Beyond it messages for it are lost; links between workers notice. */
const BACKLOG_BYTES = 16 * 1024 * 1024

interface Member {
  readonly name: string
  readonly pipe: Duplex
  readonly writer: ExchangeWriter
  readonly topics: Set<string>
  /** What is published for it when its pipe ends. */
  will: { readonly topic: string; readonly message: Buffer } | undefined
  /** Whether messages for it are being lost, so that it is logged once. */
  isBehind: boolean
}

/** Messages of one worker keep their order. A worker that stalls, dies or talks nonsense harms no other. */
export class Exchange {
  readonly #logger: Logger
  readonly #members = new Set<Member>()
  readonly #receivers = new Map<string, Set<Member>>()
  #lost = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Messages that were not delivered because a worker didn't read. */
  get lost(): number {
    return this.#lost
  }

  /**
   * Connects a worker by its pipe (`stdio[4]` of the child). The pipe is the exchange's from now on; when it closes,
   * the worker is forgotten. `name` is what others see as the sender, 255 ASCII characters at the most.
   */
  add(name: string, pipe: Duplex): void {
    const member: Member = {
      name,
      pipe,
      writer: new ExchangeWriter(pipe),
      topics: new Set(),
      will: undefined,
      isBehind: false,
    }
    this.#members.add(member)
    const reader = new ExchangeReader((kind, body) => this.#receive(member, kind, body))
    pipe.on('data', (chunk: Buffer) => {
      try {
        reader.read(chunk)
      } catch (error) {
        this.#logger.error({ worker: name, why: firstLine(error) }, 'a worker talks nonsense: cut off')
        pipe.destroy()
      }
    })
    pipe.on('error', () => {}) // and then it closes
    pipe.on('end', () => pipe.destroy())
    pipe.on('close', () => this.#remove(member))
  }

  /** Lets go of all pipes. */
  stop(): void {
    for (const { pipe } of this.#members) pipe.destroy()
  }

  #receive(member: Member, kind: number, body: Buffer): void {
    if (member.pipe.destroyed) return // the rest of a chunk in which nonsense was found
    const reader = new BodyReader(body)
    switch (kind) {
      case EXCHANGE_FRAMES.publish:
        this.#publish(member, reader.shortText(), reader.rest())
        break
      case EXCHANGE_FRAMES.will:
        // A copy: the body may be a small part of what was read.
        member.will = { topic: reader.shortText(), message: Buffer.from(reader.rest()) }
        break
      case EXCHANGE_FRAMES.question:
        member.writer.write(EXCHANGE_FRAMES.answer, questionNumber(reader.number()))
        break
      case EXCHANGE_FRAMES.subscribe:
        this.#subscribe(member, reader.shortText())
        break
      case EXCHANGE_FRAMES.unsubscribe:
        this.#unsubscribe(member, reader.shortText())
        break
      case EXCHANGE_FRAMES.reset:
        this.#forgetTopics(member)
        break
      default:
        throw new RangeError(`a frame of kind ${kind}`)
    }
  }

  #publish(from: Member, topic: string, message: Buffer): void {
    const receivers = this.#receivers.get(topic)
    if (receivers === undefined) return
    const head = Buffer.concat([shortText(topic), shortText(from.name)])
    for (const member of receivers) {
      if (member === from || !this.#hasRoom(member)) continue
      member.writer.write(EXCHANGE_FRAMES.message, head, message)
    }
  }

  #hasRoom(member: Member): boolean {
    const { backlogBytes } = member.writer
    if (member.isBehind && backlogBytes < BACKLOG_BYTES / 2) member.isBehind = false
    if (backlogBytes < BACKLOG_BYTES) return true
    this.#lost++
    if (!member.isBehind) {
      this.#logger.warn({ worker: member.name }, 'a worker does not read: messages for it are lost')
    }
    member.isBehind = true
    return false
  }

  #subscribe(member: Member, topic: string): void {
    member.topics.add(topic)
    const receivers = this.#receivers.get(topic)
    if (receivers) receivers.add(member)
    else this.#receivers.set(topic, new Set([member]))
  }

  #unsubscribe(member: Member, topic: string): void {
    member.topics.delete(topic)
    const receivers = this.#receivers.get(topic)
    receivers?.delete(member)
    if (receivers?.size === 0) this.#receivers.delete(topic)
  }

  #forgetTopics(member: Member): void {
    for (const topic of member.topics) this.#unsubscribe(member, topic)
  }

  #remove(member: Member): void {
    this.#members.delete(member)
    this.#forgetTopics(member)
    if (member.will) this.#publish(member, member.will.topic, member.will.message)
  }
}
