import type { Cluster } from '../cluster/cluster.js'
import type { Principal } from '../contracts/auth.js'
import type { ResumeRequest } from '../contracts/transport.js'
import type { Session } from '../sessions/session.js'
import { ownerOf, type Tickets } from './tickets.js'

/** Judges requests to go on with a session. */
export class Returning {
  readonly #tickets: Tickets
  readonly #cluster: Pick<Cluster, 'heirOf'> | undefined

  constructor(tickets: Tickets, cluster?: Pick<Cluster, 'heirOf'>) {
    this.#tickets = tickets
    this.#cluster = cluster
  }

  /** Whether a ticket was issued by this server and may still be good for somebody. */
  knows({ ticket }: ResumeRequest): boolean {
    return this.#tickets.find(ticket) !== undefined
  }

  /** Whether the session of a ticket is here, or may be at another node that is alive: anybody can make up the latter. */
  mayReturn(request: ResumeRequest): boolean {
    const owner = ownerOf(request.ticket)
    return this.knows(request) || (owner !== undefined && this.#cluster?.heirOf(owner) !== undefined)
  }

  /** The session that a client may go on with; undefined when the request is bad in any way, or while it moves. */
  find({ ticket, seen }: ResumeRequest, principal: Principal): Session | undefined {
    const session = this.#tickets.find(ticket)
    return session?.gate === null && this.suits(session, seen, principal.id) ? session : undefined
  }

  /** Whether a principal that has so many counted frames may go on with a session that its ticket has found. */
  suits(session: Session, seen: number, principal: string): boolean {
    session.outbox.flush() // what waits for the old socket still goes there
    return session.principal.id === principal && isWhole(session, seen)
  }
}

/** Whether everything is here that a client lacks which has seen so much. */
const isWhole = ({ outbox, refusals }: Session, seen: number): boolean =>
  Number.isSafeInteger(seen) && outbox.covers(seen) && (refusals?.covers(seen) ?? true)
