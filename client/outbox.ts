/**
 * Messages on their way to the server: numbers them, and keeps the promise of each until the server confirms or
 * refuses it. Numbers begin again with each session of the server.
 */

import type { ClientMessage } from '../core/protocol.js'
import { SignalboxError } from './errors.js'

/** Messages that carry a number. */
export type Request = Exclude<ClientMessage, { type: 'ack' } | { type: 'stats' } | { type: 'bye' }>

interface Pending {
  resolve(): void
  reject(error: SignalboxError): void
  /** Join is confirmed by `joined`, everything else by `ack`. */
  readonly byAck: boolean
}

/** Messages that may wait for confirmation at one time. */
const PENDING_LIMIT = 1_000

/** Where the messages go. */
export interface OutboxSink {
  /** Whether it takes no more for now. */
  readonly backlogged: boolean
  /** Sends one text; false when there is no connection. */
  send(text: string): boolean
}

export class Outbox {
  readonly #sink: OutboxSink
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  /** The server's limit, bytes. A longer message would end the connection. */
  messageBytes: number

  constructor(sink: OutboxSink, messageBytes: number) {
    this.#sink = sink
    this.messageBytes = messageBytes
  }

  /** The number of the last message sent. */
  get lastId(): number {
    return this.#lastId
  }

  /** Sends one message. Resolves when the server confirms it; rejects when it refuses it or is lost. */
  request(message: Request): Promise<void> {
    if (this.#pending.size >= PENDING_LIMIT || this.#sink.backlogged) {
      return refusal('E_BACKLOG', 'too many messages wait for the server: send more slowly')
    }
    const id = this.#lastId + 1
    const text = JSON.stringify({ ...message, id })
    // No character takes more than three bytes, so most messages needn't be measured.
    if (text.length * 3 > this.messageBytes && bytes(text) > this.messageBytes) {
      return refusal('E_TOO_LARGE', `the message is longer than the server's ${this.messageBytes} bytes`)
    }
    if (!this.#sink.send(text)) {
      return refusal('E_DISCONNECTED', 'there is no connection to the server at the moment')
    }
    this.#lastId = id
    return quiet(
      new Promise<void>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, byAck: message.type !== 'join' })
      }),
    )
  }

  /** The server has everything up to `id`. */
  acknowledge(id: number): void {
    for (const [pendingId, { resolve, byAck }] of this.#pending) {
      if (pendingId > id) break
      if (!byAck) continue
      this.#pending.delete(pendingId)
      resolve()
    }
  }

  /** The join that `id` numbers is done. */
  joined(id: number): void {
    this.#pending.get(id)?.resolve()
    this.#pending.delete(id)
  }

  refuse(id: number, error: SignalboxError): void {
    this.#pending.get(id)?.reject(error)
    this.#pending.delete(id)
  }

  /** The connection is gone: what wasn't confirmed may or may not have arrived. */
  reset(error: SignalboxError): void {
    const lost = [...this.#pending.values()]
    this.#pending.clear()
    this.#lastId = 0
    for (const { reject } of lost) reject(error)
  }
}

function refusal(code: string, message: string): Promise<void> {
  return quiet(Promise.reject(new SignalboxError(code, message)))
}

/** An app may ignore the promise of a message without its failure counting as unhandled. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length
}
