/** The session's side of a room: whether it is joined, who waits for that, and the room's controls. */

import type { Json, PeerIntroduction } from '../core/protocol.js'
import { Backoff } from './backoff.js'
import { SignalboxError } from './errors.js'
import { quiet } from './outbox.js'
import { Room } from './room.js'
import type { DoorMessage, RoomControls, RoomLink, RoomMessage } from './room-link.js'
import type { Seal } from './seal/seal.js'

export class Membership {
  readonly room: Room
  /** The number of the join that is under way, to tell its `joined` from an earlier one's. */
  joinId: number | undefined
  readonly #link: Omit<RoomLink, 'attach'>
  readonly #backoff: Backoff
  #controls!: RoomControls
  #waiting: { resolve(room: Room): void; reject(error: SignalboxError): void }[] = []
  /** `waiting`: before its door. `away`: in it, as far as the server knows; but there is no connection. */
  #place: 'outside' | 'waiting' | 'inside' | 'away' = 'outside'
  #returns = false
  #ended: SignalboxError | undefined
  #cancelRetry = () => {}

  constructor(name: string, data: Json | undefined, link: Omit<RoomLink, 'attach'>, seal: Seal | undefined) {
    this.#link = link
    this.#backoff = new Backoff(link.clock)
    const attach = (controls: RoomControls) => {
      this.#controls = controls
    }
    this.room = new Room(name, data, seal ? seal.room(name, { ...link, attach }) : { ...link, attach })
  }

  get data(): Json | undefined {
    return this.#controls.data
  }

  /** Whether nothing has come of our joins yet. */
  get isOutside(): boolean {
    return this.#place === 'outside'
  }

  /** Whether we were in the room before: then a refusal that passes isn't the end of it. */
  get returns(): boolean {
    return this.#returns
  }

  /** The room, once we are in it. */
  ready(): Promise<Room> {
    if (this.#ended) return Promise.reject(this.#ended)
    if (this.#place === 'inside') return Promise.resolve(this.room)
    return quiet(new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })))
  }

  /** We are in. Says whether anybody waited for it. */
  joined(peers: readonly PeerIntroduction[]): boolean {
    this.#place = 'inside'
    this.#returns = true
    this.joinId = undefined
    this.#backoff.opened()
    this.#controls.joined(peers)
    return this.#welcomeAll()
  }

  /** The server has heard us; a moderator decides. */
  wait(): void {
    this.#place = 'waiting'
    this.#controls.waiting()
  }

  receive(message: RoomMessage): void {
    this.#controls.receive(message)
  }

  atDoor(message: DoorMessage): void {
    this.#controls.atDoor(message)
  }

  /** The connection is lost. */
  suspend(): void {
    this.#cancelRetry()
    if (this.#place !== 'inside') return
    this.#place = 'away'
    this.#controls.suspended()
  }

  /** The session goes on. False when the room isn't joined and nobody has asked for it. */
  resume(): boolean {
    if (this.#place === 'away') {
      this.#place = 'inside'
      this.#controls.resumed()
      this.#welcomeAll()
    }
    return !this.isOutside || this.joinId !== undefined
  }

  /** The session is lost, and our place in the room with it. */
  lose(): void {
    this.#place = 'outside'
    this.joinId = undefined
  }

  /** The room was refused for now: calls `join` later. */
  retry(afterMs: number | undefined, join: () => void): void {
    this.joinId = undefined
    this.#cancelRetry = this.#link.clock.after(Math.max(this.#backoff.next(), afterMs ?? 0), join)
  }

  /** The app has left the room, or doesn't want to wait for it any longer. */
  leave(): void {
    this.#fail(new SignalboxError('E_NOT_JOINED', 'you have left this room'))
  }

  /** The room is over: refused, or closed with the session. */
  end(error: SignalboxError): void {
    this.#controls.ended(error)
    this.#fail(error)
  }

  #fail(error: SignalboxError): void {
    this.#cancelRetry()
    this.#ended = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  #welcomeAll(): boolean {
    const waiting = this.#waiting.splice(0)
    for (const { resolve } of waiting) resolve(this.room)
    return waiting.length > 0
  }
}
