/**
 * Messages on their way to the server: numbers them, keeps each until the server confirms or refuses it, and sends
 * those that a lost connection swallowed again, in order. Numbers begin again with each session of the server.
 */

import type { ClientMessage } from '../core/protocol.js'
import { SignalboxError } from './errors.js'

/** Messages that carry a number. */
export type Request = Exclude<ClientMessage, { type: 'ack' } | { type: 'stats' } | { type: 'bye' }>

interface Pending {
  readonly message: Request
  /** With its number, as it goes out. */
  readonly text: string
  /** Whether a socket has taken it: then it may have arrived. */
  sent: boolean
  resolve(): void
  reject(error: SignalboxError): void
}

/** Messages of the app that may wait for confirmation at one time, … */
const PENDING_LIMIT = 1_000
/** … and their length, characters. */
const PENDING_CHARACTERS = 1_048_576
/** What an app sends as much of as it likes; everything else is limited by its nature. */
const BOUNDED: readonly Request['type'][] = ['publish', 'signal', 'update']

const LOST = 'the server has lost the session: this message may have arrived or not'

/** Where the messages go. */
export interface OutboxSink {
  /** Sends one text; false when there is no connection. */
  send(text: string): boolean
}

export class Outbox {
  readonly #sink: OutboxSink
  readonly #pending = new Map<number, Pending>()
  #characters = 0
  #lastId = 0
  #ended: SignalboxError | undefined
  /** The server's limit, bytes. A longer message would end the connection. */
  messageBytes: number

  constructor(sink: OutboxSink, messageBytes: number) {
    this.#sink = sink
    this.messageBytes = messageBytes
  }

  /** The number of the last message. */
  get lastId(): number {
    return this.#lastId
  }

  /**
   * Sends one message, now or with the next connection. Resolves when the server confirms it. Rejects when the server
   * refuses it, with E_SESSION_LOST when nobody can say what became of it, and with E_BACKLOG or E_TOO_LARGE at once.
   */
  request(message: Request): Promise<void> {
    if (this.#ended) return quiet(Promise.reject(this.#ended))
    const text = this.#text(message)
    // No character takes more than three bytes, so most messages needn't be measured.
    if (text.length * 3 > this.messageBytes && bytes(text) > this.messageBytes) {
      return refusal('E_TOO_LARGE', `the message is longer than the server's ${this.messageBytes} bytes`)
    }
    if (BOUNDED.includes(message.type) && this.#isFull(text)) {
      return refusal('E_BACKLOG', 'too many messages wait for the server: send more slowly')
    }
    return quiet(new Promise<void>((resolve, reject) => this.#post(message, text, { resolve, reject })))
  }

  /** The server has everything up to `id`. */
  acknowledge(id: number): void {
    for (const [pendingId, { message, resolve }] of this.#pending) {
      if (pendingId > id) break
      // A join is confirmed by `joined`; one behind which we have left isn't answered any more.
      if (message.type === 'join') continue
      if (message.type === 'leave') this.#endJoins(message.room, pendingId)
      this.#remove(pendingId)
      resolve()
    }
  }

  /** The join that `id` numbers is done. */
  joined(id: number): void {
    this.#remove(id)?.resolve()
  }

  refuse(id: number, error: SignalboxError): void {
    this.#remove(id)?.reject(error)
  }

  /**
   * The session goes on over a new connection, and the server has processed everything up to `lastId`: the rest goes
   * out again. What it has processed still waits for its confirmation, since it may have been refused.
   */
  resume(lastId: number): void {
    for (const [id, pending] of this.#pending) {
      if (id > lastId && this.#sink.send(pending.text)) pending.sent = true
    }
  }

  /**
   * The server has lost the session; `rejoin` asks for the rooms in the new one. What may have arrived, or names a peer
   * by an id that may be over, fails. Behind the joins goes what makes sense in the new session too: metadata, and what
   * was published while there was no connection.
   */
  lose(rejoin: () => void): void {
    const before = [...this.#pending.values()]
    this.#pending.clear()
    this.#characters = 0
    this.#lastId = 0
    const kept: Pending[] = []
    for (const pending of before) {
      const { type } = pending.message
      if (type === 'update' || (type === 'publish' && !pending.sent)) kept.push(pending)
      // Whoever wanted to leave a room is out of it.
      else if (type === 'leave') pending.resolve()
      else pending.reject(new SignalboxError('E_SESSION_LOST', LOST))
    }
    rejoin()
    for (const { message, resolve, reject } of kept)
      this.#post(message, this.#text(message), { resolve, reject })
  }

  /** The end: what waits fails, and whatever comes. */
  end(error: SignalboxError): void {
    this.#ended = error
    const waiting = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of waiting) reject(error)
  }

  #isFull(text: string): boolean {
    return this.#pending.size >= PENDING_LIMIT || this.#characters + text.length > PENDING_CHARACTERS
  }

  #text(message: Request): string {
    return JSON.stringify({ ...message, id: this.#lastId + 1 })
  }

  #post(message: Request, text: string, outcome: Pick<Pending, 'resolve' | 'reject'>): void {
    this.#lastId += 1
    this.#characters += text.length
    this.#pending.set(this.#lastId, { message, text, sent: this.#sink.send(text), ...outcome })
  }

  #endJoins(room: string, before: number): void {
    for (const [id, { message }] of this.#pending) {
      if (id < before && message.type === 'join' && message.room === room) this.joined(id)
    }
  }

  #remove(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (this.#pending.delete(id)) this.#characters -= pending!.text.length
    return pending
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
