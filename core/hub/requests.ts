import type { Access } from '../access/access.js'
import type { Renewal } from '../access/renewal.js'
import { SignalError } from '../errors.js'
import { KINDS } from '../protocol.js'
import type { Doors } from '../rooms/doors.js'
import type { Moderation } from '../rooms/moderation.js'
import type { Rooms } from '../rooms/rooms.js'
import type { Membership, Session } from '../sessions/session.js'
import type { Observers } from './observers.js'
import type { Policies } from './policies.js'

/** What is left to do when a plugin has made up its mind. */
export type Rest = () => void

export interface RequestsParts {
  readonly access: Access
  readonly policies: Policies
  readonly renewal: Renewal
  readonly moderation: Moderation
  readonly rooms: Rooms
  readonly doors: Doors
  readonly observers: Observers
}

/** What clients ask of the hub itself: join, leave, update, stats, auth, moderate. */
export class Requests {
  readonly #parts: RequestsParts

  constructor(parts: RequestsParts) {
    this.#parts = parts
  }

  /**
   * Does what message `id` asks for (`data` is JSON text). Where a plugin has to be waited for, resolves to the rest,
   * which holds for a session that is open still. Throws, or rejects with, the `SignalError` that refuses it.
   */
  act(session: Session, kind: number, id: number, room: string, data: string): Promise<Rest> | undefined {
    if (kind === KINDS.join) return this.#join(session, room, data, id)
    if (kind === KINDS.auth) return this.#renew(session, data)
    if (kind === KINDS.leave) this.#parts.rooms.depart(session, room)
    else this.#inRoom(memberOf(session, room), kind, data)
    return undefined
  }

  #join(session: Session, room: string, data: string, id: number): Promise<Rest> | undefined {
    const { access, policies, rooms, doors } = this.#parts
    rooms.check(session, room, data)
    const { principal, id: peer, slot } = session
    const answer = access.join({
      principal,
      peer,
      slot,
      room,
      roomNumber: rooms.numberOf(room),
      members: rooms.size(room),
      now: policies.now,
    })
    const arrive = () => doors.arrive(session, room, data, id)
    if (answer !== undefined) return answer.then(() => arrive)
    arrive()
    return undefined
  }

  async #renew(session: Session, data: string): Promise<Rest> {
    const { renewal } = this.#parts
    const principal = await renewal.ask(session, data)
    return () => renewal.apply(session, principal)
  }

  /** update, moderate, stats */
  #inRoom(membership: Membership, kind: number, data: string): void {
    const { rooms, moderation, observers } = this.#parts
    if (kind === KINDS.update) {
      rooms.update(membership, data)
    } else if (kind === KINDS.moderate) {
      moderation.act(membership, data)
    } else {
      const { id: peer, room } = membership
      observers.tell({ type: 'stats', peer, room: room.name, data })
    }
  }
}

function memberOf(session: Session, room: string): Membership {
  const membership = session.memberships.get(room)
  if (membership === undefined) throw new SignalError('E_NOT_JOINED')
  return membership
}
