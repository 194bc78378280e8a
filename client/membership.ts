/** The session's side of a room: whether it is joined, who waits for that, and the room's controls. */

import type { Json, PeerIntroduction } from '../core/protocol.js'
import { Backoff } from './backoff.js'
import type { SignalboxError } from './errors.js'
import { quiet } from './outbox.js'
import { Room } from './room.js'
import type { RoomControls, RoomLink, RoomMessage } from './room-link.js'
import type { Seal } from './seal/seal.js'

export class Membership {
  readonly room: Room
  /** The number of the join that is under way, to tell its `joined` from an earlier one's. */
  joinId: number | undefined
  readonly #link: Omit<RoomLink, 'attach'>
  readonly #backoff: Backoff
  #controls!: RoomControls
  #waiting: { resolve(room: Room): void; reject(error: SignalboxError): void }[] = []
  /** `away`: in it, as far as the server knows; but there is no connection. */
  #place: 'outside' | 'inside' | 'away' = 'outside'
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

  get isJoined(): boolean {
    return this.#place === 'inside'
  }

  /** Whether we were in the room before: then a refusal that passes isn't the end of it. */
  get returns(): boolean {
    return this.#returns
  }

  /** The room, once we are in it. */
  ready(): Promise<Room> {
    if (this.#ended) return Promise.reject(this.#ended)
    if (this.isJoined) return Promise.resolve(this.room)
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

  receive(message: RoomMessage): void {
    this.#controls.receive(message)
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
    return this.isJoined || this.joinId !== undefined
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

  /** The room is over: refused, or closed with the session. */
  end(error: SignalboxError): void {
    this.#cancelRetry()
    this.#ended = error
    this.#controls.ended(error)
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  #welcomeAll(): boolean {
    const waiting = this.#waiting.splice(0)
    for (const { resolve } of waiting) resolve(this.room)
    return waiting.length > 0
  }
}
