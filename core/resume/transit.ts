import type { Clock } from '../clock.js'
import type { Egress } from '../egress/egress.js'
import type { Stats } from '../hub/stats.js'
import type { Rooms } from '../rooms/rooms.js'
import type { Session } from '../sessions/session.js'
import type { Sessions } from '../sessions/sessions.js'
import { Refusals } from './refusals.js'
import { type SavedSession, savedSession } from './saved-session.js'

export interface TransitParts {
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly egress: Egress
  readonly stats: Stats
  readonly clock: Clock
}

/** Sessions that come from another process, and that go to one: nobody in their rooms is told. */
export class Transit {
  readonly #parts: TransitParts

  constructor(parts: TransitParts) {
    this.#parts = parts
  }

  /** What is to be saved of all sessions, none of which has a socket. */
  *saved(): Iterable<SavedSession> {
    const { clock, rooms, sessions } = this.#parts
    for (const session of sessions) {
      rooms.sendAway(session, 'the server stopped')
      const saved = savedSession(session, clock.monotonic() - session.changedAt, clock.now())
      if (saved !== undefined) yield saved
    }
  }

  /** A session that another process has saved: it waits for a socket, which it lost `lostAgoMs` ago. */
  restore(slot: number, saved: SavedSession, lostAgoMs: number): void {
    const { rooms, sessions } = this.#parts
    const session = this.expect(slot, saved)
    try {
      for (const membership of saved.rooms) rooms.restore(session, membership)
      this.complete(session, saved, lostAgoMs)
    } catch (error) {
      sessions.asSignalError(error)
      sessions.remove(session, saved.lostCode)
    }
  }

  /** A session that is about to come: it has no socket, no ticket, and nothing to replay. */
  expect(
    slot: number,
    { id, principal, address }: Pick<SavedSession, 'id' | 'principal' | 'address'>,
  ): Session {
    const { egress, sessions, stats } = this.#parts
    const session = sessions.add(slot, id, principal, null, (owner) => egress.restore(owner))
    session.address = address
    stats.detached++
    return session
  }

  /** The rest of it is here, and goes before what it has been sent meanwhile; it waits for a socket from now on. */
  complete(session: Session, saved: Omit<SavedSession, 'rooms'>, lostAgoMs: number): void {
    const { ticket, spentTicket, lastId, lostCode, outbox, refusals } = saved
    const { clock, sessions } = this.#parts
    session.lastId = lastId
    session.lostCode = lostCode
    session.changedAt = clock.monotonic() - lostAgoMs
    session.outbox.precede(outbox)
    if (refusals.length > 0) session.refusals = new Refusals(refusals)
    sessions.tickets.restore(session, ticket, spentTicket)
    sessions.keep(session)
  }
}
