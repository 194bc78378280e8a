/** The session's side of a room: whether it is joined, who waits for that, and the room's controls. */

import type { Json, PeerIntroduction } from '../core/protocol.js'
import type { SignalboxError } from './errors.js'
import { quiet } from './outbox.js'
import { Room, type RoomControls, type RoomLink, type RoomMessage } from './room.js'

export class Membership {
  readonly room: Room
  /** The number of the join that is under way, to tell its `joined` from an earlier one's. */
  joinId: number | undefined
  #controls!: RoomControls
  #waiting: { resolve(room: Room): void; reject(error: SignalboxError): void }[] = []
  #isJoined = false
  #ended: SignalboxError | undefined

  constructor(name: string, data: Json | undefined, link: Omit<RoomLink, 'attach' | 'rejoined'>) {
    this.room = new Room(name, data, {
      ...link,
      rejoined: async () => void (await this.ready()),
      attach: (controls) => {
        this.#controls = controls
      },
    })
  }

  get data(): Json | undefined {
    return this.#controls.data
  }

  /** The room, once we are in it. */
  ready(): Promise<Room> {
    if (this.#ended) return Promise.reject(this.#ended)
    if (this.#isJoined) return Promise.resolve(this.room)
    return quiet(new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })))
  }

  /** We are in. Says whether anybody waited for it. */
  joined(peers: readonly PeerIntroduction[]): boolean {
    this.#isJoined = true
    this.#controls.joined(peers)
    const waiting = this.#waiting.splice(0)
    for (const { resolve } of waiting) resolve(this.room)
    return waiting.length > 0
  }

  receive(message: RoomMessage): void {
    this.#controls.receive(message)
  }

  /** The connection is lost; the room is joined again with the next one. */
  suspend(): void {
    if (this.#isJoined) this.#controls.suspended()
    this.#isJoined = false
    this.joinId = undefined
  }

  /** The room is over: refused, or closed with the session. */
  end(error: SignalboxError): void {
    this.#ended = error
    this.#controls.ended(error)
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
