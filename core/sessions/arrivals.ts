import type { Limits } from '../config/schema.js'
import type { Principal } from '../contracts/auth.js'
import type { Connection, ResumeRequest } from '../contracts/transport.js'
import { SignalError } from '../errors.js'
import { ackFrame } from '../hub/control-frames.js'
import type { Stats } from '../hub/stats.js'
import type { IceServer } from '../protocol.js'
import type { Returning } from '../resume/returning.js'
import type { Doors } from '../rooms/doors.js'
import type { EarlyJoin } from '../rooms/early-joins.js'
import type { Session } from './session.js'
import type { Sessions } from './sessions.js'
import { welcome } from './welcome.js'

/** A client that was let in and has no connection yet. */
export interface Admitted {
  readonly slot: number
  readonly id: string
  readonly principal: Principal
  readonly iceServers: readonly IceServer[]
  /** The room to join at once, or what refuses that. */
  readonly early: EarlyJoin | SignalError | undefined
  readonly resume: ResumeRequest | undefined
}

export interface ArrivalsParts {
  readonly sessions: Sessions
  readonly returning: Returning
  readonly doors: Doors
  readonly stats: Stats
  readonly limits: Limits
  /** Gives back the slot that was reserved for a client which has one already. */
  readonly release: (slot: number) => void
}

/** What an admitted client is given with its socket: a new session, or the one that it had. */
export class Arrivals {
  readonly #parts: ArrivalsParts

  constructor(parts: ArrivalsParts) {
    this.#parts = parts
  }

  /** `welcome` and what belongs to it are written when this returns. */
  attach(admitted: Admitted, connection: Connection): Session {
    const { resume, principal } = admitted
    const known = resume && this.#parts.returning.find(resume, principal)
    const session =
      resume && known ? this.#goOn(known, resume, admitted, connection) : this.#begin(admitted, connection)
    session.outbox.flush()
    return session
  }

  #begin({ slot, id, principal, iceServers, early, resume }: Admitted, connection: Connection): Session {
    const { sessions, doors, limits } = this.#parts
    const session = sessions.open(slot, id, principal, connection)
    const ticket = limits.resumeMs === 0 ? null : sessions.tickets.issue(session)
    session.outbox.tell(welcome(session, { ticket, resumed: false, iceServers }, limits))
    if (resume) sessions.refuse(session, 0, new SignalError('E_RESUME'))
    if (early instanceof SignalError) sessions.refuse(session, 0, early)
    else if (early) {
      sessions.attempt(session, 0, () => doors.arrive(session, early.room, early.data, 0))
    }
    return session
  }

  /** Everything that the client lacks, behind what it needs to make sense of it (docs/reference/protocol.md). */
  #goOn(
    session: Session,
    { ticket, seen }: ResumeRequest,
    { slot, principal, iceServers }: Admitted,
    connection: Connection,
  ): Session {
    const { sessions, stats, limits, release } = this.#parts
    release(slot)
    const { outbox, ackedId, refusals } = session
    const next = sessions.move(session, ticket, principal, connection)
    refusals?.acknowledge(seen)
    outbox.tell(welcome(session, { ticket: next, resumed: true, iceServers }, limits))
    refusals?.repeat(outbox)
    if (ackedId !== 0) outbox.tell(ackFrame(ackedId))
    outbox.attach(connection, seen)
    stats.replayed += outbox.sent - seen
    return session
  }
}
