import type { ModerationAbroad } from '../cluster/orders/moderation-abroad.js'
import type { Presence } from '../cluster/presence/presence.js'
import type { DoorState } from '../cluster/presence/presence-records.js'
import type { Stamps } from '../cluster/presence/stamps.js'
import { SignalError } from '../errors.js'
import type { Door } from '../protocol.js'
import type { Session } from '../sessions/session.js'
import type { Knock } from './lobby.js'
import type { Room } from './room.js'
import type { RoomRule, RoomRules } from './room-rules.js'
import type { RoomTable } from './room-table.js'
import type { Rooms } from './rooms.js'

const SHUT = 'a moderator has shut the door: ask to be let in'

export interface DoorsParts {
  readonly rooms: Rooms
  readonly table: RoomTable
  readonly rules: RoomRules
  readonly stamps: Stamps
  /** Tells other nodes; absent without a cluster. */
  readonly presence?: Presence | undefined
  /** Who waits there. */
  readonly abroad?: ModerationAbroad | undefined
}

/** How the doors of rooms stand, and what becomes of those who come to one. */
export class Doors {
  readonly #rooms: Rooms
  readonly #table: RoomTable
  readonly #rules: RoomRules
  readonly #stamps: Stamps
  readonly #presence: Presence | undefined
  readonly #abroad: ModerationAbroad | undefined

  constructor({ rooms, table, rules, stamps, presence, abroad }: DoorsParts) {
    this.#rooms = rooms
    this.#table = table
    this.#rules = rules
    this.#stamps = stamps
    this.#presence = presence
    this.#abroad = abroad
  }

  /** A peer whose grants admit it comes to a room's door, and goes in, or waits, or is refused. `id` is that of the join. */
  arrive(session: Session, name: string, data: string, id: number): void {
    this.#rooms.check(session, name, data)
    const rule = this.#rules.of(name)
    const door = this.#table.find(name)?.door ?? rule.door
    const isOpen = door === 'open' || session.principal.grants.moderate === true
    if (isOpen) this.#rooms.enter(session, name, data, id)
    else if (door === 'lobby') this.#knock(session, name, data, id, rule)
    else throw new SignalError('E_LOCKED')
  }

  /** Lets in who waits. Throws E_NO_PEER when nobody of that id does; when the room is full, it goes on waiting. */
  admit(room: Room, peer: string): void {
    const knock = this.#rooms.lobby.find(room.name, peer)
    if (knock) this.#rooms.enter(knock.session, room.name, knock.data, knock.id)
    else if (!this.#abroad?.admit(room, peer)) throw new SignalError('E_NO_PEER')
  }

  /** Sends away who waits. Throws E_NO_PEER. */
  deny(room: Room, peer: string, reason: string): void {
    const knock = this.#rooms.lobby.find(room.name, peer)
    if (knock) this.#rooms.lobby.deny(knock, reason)
    else if (!this.#abroad?.deny(room, peer, reason)) throw new SignalError('E_NO_PEER')
  }

  /** From now on; opened, it lets in those who wait, as far as there is room. Members are told, on all nodes. */
  set(room: Room, door: Door): void {
    room.doorStamp = this.#stamps.next()
    this.#stand(room, door)
    this.#presence?.doorSet(room)
  }

  /**
   * A door was set on another node. Whoever came in here behind that, or while nobody here could know of it (`isNews`),
   * without being a moderator, has to leave.
   */
  learn(room: Room, { door, stamp }: DoorState, isNews: boolean): void {
    room.doorStamp = stamp
    if (door !== room.door) this.#stand(room, door)
    if (door === 'open') return
    for (const member of [...room.members]) {
      const wasIn = !isNews && member.stamp < stamp
      if (!wasIn && member.session.principal.grants.moderate !== true) this.#rooms.expel(member, SHUT)
    }
  }

  #stand(room: Room, door: Door): void {
    room.door = door
    this.#rooms.doorStands(room)
    if (door !== 'open') return
    for (const knock of this.#rooms.lobby.before(room.name)) {
      if (room.size < room.rule.capacity) this.#admitOrDeny(knock)
    }
  }

  /** In a cluster a room is also one before which somebody waits: its moderators may be elsewhere. */
  #knock(session: Session, name: string, data: string, id: number, rule: RoomRule): void {
    const { lobby } = this.#rooms
    if (this.#presence !== undefined && this.#table.find(name) === undefined) this.#rooms.open(name, rule)
    const elsewhere = this.#table.find(name)?.abroad?.knocks.size
    lobby.knock(session, name, data, id, rule, elsewhere)
  }

  #admitOrDeny(knock: Knock): void {
    try {
      this.#rooms.enter(knock.session, knock.room, knock.data, knock.id)
    } catch (error) {
      if (!(error instanceof SignalError)) throw error
      this.#rooms.lobby.deny(knock, error.message)
    }
  }
}
