/** Rooms that this node has members of, and who else says so: each room has a topic, and on it nothing is said but `here`. */

import { createHash, randomInt } from 'node:crypto'
import type { BusReceiver } from '../../contracts/bus.js'

/** How many rooms are spoken of in one step of `STEP_MS`, when there is no hurry. */
const ROOMS_PER_STEP = 2000
export const STEP_MS = 50
/** Every room is spoken of so often at least: a `here` that was lost is made up for. */
const ROUND_MS = 60_000
/** Between the loss of a link and the word to find each other again: at least so long, and at most twice. */
const LOST_MS = 500
/** Nodes remembered of one room. */
const MAX_HEARD = 4096
const ID_BYTES = 16

export interface RegardsParts {
  subscribe(topic: string, receive: BusReceiver): Promise<void>
  unsubscribe(topic: string): Promise<void>
  /** Says on the topic of a room that this node has members there. */
  say(topic: string): void
  /** What came on the topic of a room: who is there, undefined if it is no `here`. */
  open(topic: string, message: Uint8Array): string | undefined
  /** Somebody else has members of a room that is regarded. */
  heard(room: string, incarnation: string): void
  isAlive(incarnation: string): boolean
}

interface Regard {
  readonly topic: string
  /** `listening`: nothing that is said there is missed. */
  state: 'deaf' | 'asking' | 'listening'
  /** Who has said `here`. */
  heard: Set<string> | null
}

/** The topic of a room: names come from clients, topics never do. */
export const topicOf = (room: string): string =>
  `signalbox.room.${createHash('sha256').update(room).digest().subarray(0, ID_BYTES).toString('base64url')}`

export class Regards {
  readonly #parts: RegardsParts
  readonly #rooms = new Map<string, Regard>()
  /** To be spoken of, in the order in which it came up. */
  readonly #due = new Set<string>()
  /** Nodes to which a link was lost, and how long it is until the rooms shared with them are spoken of. */
  readonly #lost = new Map<string, number>()
  #round = this.#rooms.keys()
  /** Rooms that the slow round owes, in fractions. */
  #owed = 0

  constructor(parts: RegardsParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#rooms.size
  }

  add(room: string): void {
    if (this.#rooms.has(room)) return
    const regard: Regard = { topic: topicOf(room), state: 'deaf', heard: null }
    this.#rooms.set(room, regard)
    this.#listen(room, regard)
  }

  delete(room: string): void {
    const regard = this.#rooms.get(room)
    if (regard === undefined) return
    this.#rooms.delete(room)
    this.#due.delete(room)
    this.#parts.unsubscribe(regard.topic).catch(() => {}) // a bus that is away has nothing to stop
  }

  /** Every room is spoken of once more, a step at a time. */
  sayAll(): void {
    for (const room of this.#rooms.keys()) this.#due.add(room)
  }

  /** A link was lost: rooms shared with that node are spoken of again, in a moment. */
  lost(incarnation: string): void {
    this.#lost.set(incarnation, LOST_MS + randomInt(LOST_MS))
  }

  /** A node is here whose word may have come before it was known. */
  appeared(incarnation: string): void {
    for (const [room, { heard }] of this.#rooms) {
      if (heard?.has(incarnation)) this.#parts.heard(room, incarnation)
    }
  }

  /** Time goes by, the bus being there: called every `STEP_MS` or so. */
  tick(elapsedMs: number): void {
    for (const [incarnation, leftMs] of this.#lost) {
      if (leftMs > elapsedMs) this.#lost.set(incarnation, leftMs - elapsedMs)
      else this.#sayShared(incarnation)
    }
    this.#goRound(elapsedMs)
    let said = 0
    for (const room of this.#due) {
      if (said++ >= ROOMS_PER_STEP) return
      this.#due.delete(room)
      this.#say(room)
    }
  }

  #sayShared(incarnation: string): void {
    this.#lost.delete(incarnation)
    for (const [room, { heard }] of this.#rooms) if (heard?.has(incarnation)) this.#due.add(room)
  }

  /** The slow round: so many rooms a step that each has its turn once in `ROUND_MS`. */
  #goRound(elapsedMs: number): void {
    this.#owed = Math.min(ROOMS_PER_STEP, this.#owed + (this.#rooms.size * elapsedMs) / ROUND_MS)
    for (; this.#owed >= 1; this.#owed--) {
      let next = this.#round.next()
      if (next.done) {
        this.#round = this.#rooms.keys()
        next = this.#round.next()
        if (next.done) return
      }
      this.#prune(this.#rooms.get(next.value)!)
      this.#due.add(next.value)
    }
  }

  #prune(regard: Regard): void {
    for (const incarnation of regard.heard ?? []) {
      if (!this.#parts.isAlive(incarnation)) regard.heard!.delete(incarnation)
    }
  }

  #say(room: string): void {
    const regard = this.#rooms.get(room)
    if (regard === undefined) return
    if (regard.state === 'listening') this.#parts.say(regard.topic)
    else if (regard.state === 'deaf') this.#listen(room, regard)
  }

  /** Hears first and speaks then, so that no answer is missed. A bus that is away is asked again, once it is back. */
  #listen(room: string, regard: Regard): void {
    regard.state = 'asking'
    this.#parts
      .subscribe(regard.topic, (message) => this.#receive(room, message))
      .then(
        () => {
          regard.state = 'listening'
          if (this.#rooms.get(room) === regard) this.#parts.say(regard.topic)
        },
        () => {
          regard.state = 'deaf'
        },
      )
  }

  #receive(room: string, message: Uint8Array): void {
    const regard = this.#rooms.get(room)
    if (regard === undefined) return
    const sender = this.#parts.open(regard.topic, message)
    if (sender === undefined) return
    regard.heard ??= new Set()
    if (regard.heard.size < MAX_HEARD) regard.heard.add(sender)
    if (this.#parts.isAlive(sender)) this.#parts.heard(room, sender)
  }
}
