import type { Clock, Timer } from '../clock.js'
import { SignalError } from '../errors.js'
import { deniedFrame, knockEndedFrame, knockFrame, waitingFrame } from '../hub/control-frames.js'
import type { Membership, Session } from '../sessions/session.js'
import type { RoomRule } from './room-rules.js'

/** Somebody who waits to be let into a room. */
export interface Knock {
  readonly session: Session
  readonly room: string
  /** The metadata that it would have there: JSON text. */
  readonly data: string
  /** The id of its join; 0: none. */
  readonly id: number
  readonly timer: Timer
}

/** What a lobby needs of the rooms behind it. */
interface House {
  moderatorsOf(room: string): Iterable<Membership>
  /** Sends a counted frame. */
  push(session: Session, frame: Buffer): void
  /** Somebody waits, or waits no longer: other nodes are told. */
  knocked(room: string, peer: string, data: string): void
  ended(room: string, peer: string): void
  /** Nobody waits before a room any more. */
  deserted(room: string): void
}

const NOBODY: ReadonlyMap<string, Knock> = new Map()

/**
 * Who waits before which room, bounded in time and number. Whether the room exists makes no difference to those
 * outside: they wait, and nobody comes.
 */
export class Lobby {
  readonly #clock: Clock
  readonly #house: House
  /** By room, then by peer id, in the order in which they came. */
  readonly #rooms = new Map<string, Map<string, Knock>>()
  readonly #bySession = new Map<Session, Map<string, Knock>>()

  constructor(clock: Clock, house: House) {
    this.#clock = clock
    this.#house = house
  }

  /** How many rooms a session waits before. */
  count(session: Session): number {
    return this.#bySession.get(session)?.size ?? 0
  }

  of(session: Session): Iterable<Knock> {
    return [...(this.#bySession.get(session) ?? NOBODY).values()]
  }

  has(session: Session, room: string): boolean {
    return this.#bySession.get(session)?.has(room) ?? false
  }

  /** Whether anybody waits before a room. */
  isBefore(room: string): boolean {
    return this.#rooms.has(room)
  }

  /** Everybody who waits before a room, in the order in which they came. */
  before(room: string): Iterable<Knock> {
    return [...(this.#rooms.get(room) ?? NOBODY).values()]
  }

  find(room: string, peer: string): Knock | undefined {
    return this.#rooms.get(room)?.get(peer)
  }

  /**
   * Lets a session wait: `waiting` to it, `knock` to the moderators. Throws when too many wait already, those counted that
   * wait on other nodes.
   */
  knock(session: Session, room: string, data: string, id: number, rule: RoomRule, elsewhere = 0): void {
    const others = this.#rooms.get(room) ?? new Map<string, Knock>()
    if (others.size + elsewhere >= rule.lobbySize)
      throw new SignalError('E_ROOM_FULL', 'too many wait for this room')
    const timer = this.#clock.after(rule.lobbyMs, () => this.deny(knock, 'nobody let you in'))
    const knock: Knock = { session, room, data, id, timer }
    this.#rooms.set(room, others.set(session.id, knock))
    const own = this.#bySession.get(session) ?? new Map<string, Knock>()
    this.#bySession.set(session, own.set(room, knock))
    this.#house.push(session, waitingFrame(id, room))
    this.#tell(room, knockFrame(room, { id: session.id, data }))
    this.#house.knocked(room, session.id, data)
  }

  /** Tells a moderator who waits, on any node. */
  introduce({ session, room }: Membership): void {
    for (const { session: waiting, data } of this.before(room.name)) {
      this.#house.push(session, knockFrame(room.name, { id: waiting.id, data }))
    }
    for (const knock of room.abroad?.knocks.values() ?? []) {
      this.#house.push(session, knockFrame(room.name, knock))
    }
  }

  /** Ends the wait of a session; the moderators hear of it. */
  take({ session, room, timer }: Knock): void {
    timer.cancel()
    remove(this.#rooms, room, session.id)
    remove(this.#bySession, session, room)
    this.#tell(room, knockEndedFrame(room, session.id))
    this.#house.ended(room, session.id)
    if (!this.#rooms.has(room)) this.#house.deserted(room)
  }

  /** Ends it with a refusal. */
  deny(knock: Knock, message: string): void {
    this.take(knock)
    this.#house.push(knock.session, deniedFrame(knock.id, knock.room, 'E_NOT_ADMITTED', message))
  }

  #tell(room: string, frame: Buffer): void {
    for (const { session } of this.#house.moderatorsOf(room)) this.#house.push(session, frame)
  }
}

function remove<K>(from: Map<K, Map<string, Knock>>, key: K, inner: string): void {
  const knocks = from.get(key)
  knocks?.delete(inner)
  if (knocks?.size === 0) from.delete(key)
}
