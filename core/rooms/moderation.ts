/** What a moderator may do to a room and to those in and before it. */

import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ModerationAbroad } from '../cluster/orders/moderation-abroad.js'
import { SignalError } from '../errors.js'
import type { Observers } from '../hub/observers.js'
import type { Membership } from '../sessions/session.js'
import type { Doors } from './doors.js'
import type { Rooms } from './rooms.js'

const MAX_REASON_LENGTH = 200
const peer = Type.String()
const reason = Type.Optional(Type.String({ maxLength: MAX_REASON_LENGTH }))

/** As `Moderation` in the protocol; other keys are ignored, as everywhere. */
const ORDER = Type.Union([
  Type.Object({ action: Type.Literal('kick'), peer, reason }),
  Type.Object({ action: Type.Literal('admit'), peer }),
  Type.Object({ action: Type.Literal('deny'), peer, reason }),
  Type.Object({ action: Type.Literal('lock') }),
  Type.Object({ action: Type.Literal('lobby') }),
  Type.Object({ action: Type.Literal('open') }),
])

export interface ModerationParts {
  readonly rooms: Rooms
  readonly doors: Doors
  readonly observers: Observers
  /** Absent without a cluster. */
  readonly abroad?: ModerationAbroad | undefined
}

export class Moderation {
  readonly #rooms: Rooms
  readonly #doors: Doors
  readonly #observers: Observers
  readonly #abroad: ModerationAbroad | undefined

  constructor({ rooms, doors, observers, abroad }: ModerationParts) {
    this.#rooms = rooms
    this.#doors = doors
    this.#observers = observers
    this.#abroad = abroad
  }

  /** Carries out an order (JSON text) of a member. Throws a `SignalError`; nothing has changed then. */
  act(by: Membership, data: string): void {
    if (by.session.principal.grants.moderate !== true) throw new SignalError('E_FORBIDDEN')
    const order: unknown = JSON.parse(data)
    if (!Value.Check(ORDER, order))
      throw new SignalError('E_FIELD', 'data is no order that a moderator can give')
    this.#carryOut(by, order)
    this.#observers.tell({
      type: 'moderated',
      action: order.action,
      room: by.room.name,
      by: by.id,
      principal: by.session.principal.id,
      ...('peer' in order ? { peer: order.peer } : {}),
      ...('reason' in order ? { reason: order.reason! } : {}),
    })
  }

  #carryOut(by: Membership, order: Static<typeof ORDER>): void {
    const doors = this.#doors
    const { room } = by
    switch (order.action) {
      case 'kick':
        this.#kick(by, order.peer, order.reason ?? 'a moderator removed you from this room')
        break
      case 'admit':
        doors.admit(room, order.peer)
        break
      case 'deny':
        doors.deny(room, order.peer, order.reason ?? 'a moderator did not let you in')
        break
      case 'lock':
        doors.set(room, 'locked')
        break
      default:
        doors.set(room, order.action)
    }
  }

  /** Removes another member of the moderator's room, wherever it is connected. */
  #kick(by: Membership, peer: string, reason: string): void {
    const member = by.room.members.find(({ id }) => id === peer)
    if (member && member !== by) this.#rooms.expel(member, reason)
    else if (member || !this.#abroad?.kick(by.room, peer, reason)) throw new SignalError('E_NO_PEER')
  }
}
