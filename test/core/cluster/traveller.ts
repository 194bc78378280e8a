/** A client that moves from node to node as real ones do: with its ticket, and sending again what isn't acknowledged. */

import type { Grants } from '../../../core/contracts/auth.js'
import type { Peer } from '../../../core/contracts/transport.js'
import { SignalError } from '../../../core/errors.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import type { Received } from '../../live-server.js'
import type { TestNode } from './node.js'

export class Traveller {
  readonly name: string
  readonly #grants: Grants
  connection = new FakeConnection()
  id = ''
  ticket = ''
  /** Everything that its session was sent, on all sockets, in order. */
  readonly counted: Received[] = []
  /** Refusals by the id of the message. */
  readonly errors = new Map<number, string>()
  /** How often it was told that its session is another one. */
  losses = 0
  /** How often it was told to come again. */
  refusals = 0
  acked = 0
  #lastId = 0
  #unacked: { id: number; message: object }[] = []
  #peer: Peer | undefined
  #read = 0
  /** Attempts so far: an older one that is answered late is given up. */
  #attempt = 0

  constructor(name: string, grants: Grants = {}) {
    this.name = name
    this.#grants = grants
  }

  get isConnected(): boolean {
    return this.#peer !== undefined && this.connection.closed === undefined
  }

  /**
   * Gives up its socket, which the server notices if that is `told`, and comes to a node with what it has. False: it
   * should come again, or has done so meanwhile, and then the answer to this may be `lost` on the way.
   */
  async come(node: TestNode, { told = true, lost = false } = {}): Promise<boolean> {
    const attempt = ++this.#attempt
    this.read()
    if (told) this.cut()
    this.#peer = undefined
    this.connection = new FakeConnection()
    this.#read = 0
    const token = JSON.stringify({ id: this.name, grants: this.#grants })
    const resume = this.ticket === '' ? {} : { resume: { ticket: this.ticket, seen: this.counted.length } }
    try {
      const admission = await node.hub.admit({ token, address: '127.0.0.1', ...resume })
      if (attempt !== this.#attempt) {
        if (lost) admission.attach(new FakeConnection())
        else admission.discard()
        return false
      }
      this.#peer = admission.attach(this.connection)
      this.read()
      return true
    } catch (error) {
      if (!(error instanceof SignalError)) throw error
      if (attempt === this.#attempt) this.refusals++
      return false
    }
  }

  /** Loses its socket without a word. */
  cut(): void {
    this.read()
    this.#peer?.gone(1006)
    this.#peer = undefined
  }

  /** Sends a message that is to be acknowledged; now, or when there is a socket. Returns its id. */
  request(message: object): number {
    const id = ++this.#lastId
    this.#unacked.push({ id, message })
    this.#send({ ...message, id })
    return id
  }

  join(room: string): number {
    return this.request({ type: 'join', room, data: this.name })
  }

  /** Takes in what has come since. */
  read(): void {
    const messages = this.connection.messages as Received[]
    for (; this.#read < messages.length; this.#read++) this.#receive(messages[this.#read]!)
  }

  /** What others have said to it: who, and what, in order. */
  heard(): string[] {
    return this.counted.flatMap(({ type, from, data }) =>
      from === undefined ? [] : [`${from} ${type} ${data}`],
    )
  }

  /** The others in a room as it was told. Throws when it was told what can't be. */
  others(room: string): string[] {
    const there = new Set<string>()
    for (const { type, peer, peers } of this.counted.filter((message) => message.room === room)) {
      if (type === 'joined') for (const { id } of peers) there.add(id)
      else if (type === 'peer-joined' && there.size === there.add(peer.id).size) {
        throw new Error(`${this.name} was told twice that ${peer.id} came to ${room}`)
      } else if (type === 'peer-left' && !there.delete(peer.id)) {
        throw new Error(`${this.name} was told that ${peer.id} left ${room}, where it wasn't`)
      }
    }
    return [...there].sort()
  }

  #send(message: object): void {
    if (this.isConnected) this.#peer!.receive(Buffer.from(JSON.stringify(message)))
  }

  #receive(message: Received): void {
    const { type, id, code } = message
    if (type === 'welcome') this.#welcome(message)
    else if ('room' in message) this.counted.push(message)
    else if (type === 'ack') this.#acknowledge(id)
    else if (type === 'error' && id !== undefined) this.errors.set(id, code)
    if (this.counted.length % 8 === 7) this.#send({ type: 'ack', seen: this.counted.length })
  }

  #welcome({ peer, session }: Received): void {
    if (this.ticket !== '' && !session.resumed) {
      this.losses++
      this.counted.length = 0
      this.#unacked = []
      this.#lastId = 0
      this.acked = 0
    }
    this.id = peer
    this.ticket = session.ticket
    // A sign of life makes the new ticket the only one.
    this.#send({ type: 'ack', seen: this.counted.length })
    this.#acknowledge(session.lastId)
    for (const { id, message } of this.#unacked) this.#send({ ...message, id })
  }

  #acknowledge(id: number): void {
    if (id > this.acked) this.acked = id
    this.#unacked = this.#unacked.filter((one) => one.id > id)
  }
}
