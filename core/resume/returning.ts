import type { Clock } from '../clock.js'
import type { Principal } from '../contracts/auth.js'
import type { ResumeRequest } from '../contracts/transport.js'
import type { Session } from '../session.js'
import type { Tickets } from './tickets.js'

/** How long a ticket that was spent a moment ago is certainly a second socket's, and not a client's that got no answer. */
const ANSWER_MS = 1000

/** Judges requests to go on with a session. */
export class Returning {
  readonly #tickets: Tickets
  readonly #clock: Clock

  constructor(tickets: Tickets, clock: Clock) {
    this.#tickets = tickets
    this.#clock = clock
  }

  /** Whether a ticket was issued by this server and may still be good for somebody. */
  knows({ ticket }: ResumeRequest): boolean {
    return this.#tickets.find(ticket) !== undefined
  }

  /** The session that a client may go on with; undefined when the request is bad in any way. */
  find({ ticket, seen }: ResumeRequest, principal: Principal): Session | undefined {
    const session = this.#tickets.find(ticket)
    if (session === undefined) return undefined
    session.outbox.flush() // what waits for the old socket still goes there
    const isGood =
      session.principal.id === principal.id &&
      isWhole(session, seen) &&
      !this.#isSecondSocket(session, ticket)
    return isGood ? session : undefined
  }

  #isSecondSocket(session: Session, ticket: string): boolean {
    if (session.connection === null || !this.#tickets.isSpent(session, ticket)) return false
    return this.#clock.monotonic() - session.changedAt < ANSWER_MS
  }
}

/** Whether everything is here that a client lacks which has seen so much. */
const isWhole = ({ outbox, refusals }: Session, seen: number): boolean =>
  Number.isSafeInteger(seen) && outbox.covers(seen) && (refusals?.covers(seen) ?? true)
