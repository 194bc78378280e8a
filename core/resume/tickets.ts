import { createHash, randomBytes } from 'node:crypto'
import type { Session } from '../sessions/session.js'

/** 192 bits: nobody guesses one. */
const TICKET_BYTES = 24
/** In a cluster, a ticket begins with the incarnation of the node that issued it, of so many characters. */
const OWNER_LENGTH = 16
const OWNED = /^[A-Za-z0-9_-]{48}$/

/**
 * The tickets that sessions are resumed with, of which the server keeps nothing but SHA-256 hashes. A session has one
 * that is good, and until the client is heard on its present socket also the one that opened it: the answer, and with
 * it the new ticket, may be lost with that socket.
 */
export class Tickets {
  readonly #owner: string
  readonly #byHash = new Map<string, Session>()

  /** `owner` is this node's incarnation, in a cluster. */
  constructor(owner = '') {
    this.#owner = owner
  }

  /** A first ticket for a session. */
  issue(session: Session): string {
    const ticket = this.#owner + randomBytes(TICKET_BYTES).toString('base64url')
    session.ticket = hashOf(ticket)
    this.#byHash.set(session.ticket, session)
    return ticket
  }

  /** Spends a ticket that `find` knows, for a new one. */
  exchange(session: Session, ticket: string): string {
    this.revoke(session)
    session.spentTicket = hashOf(ticket)
    this.#byHash.set(session.spentTicket, session)
    return this.issue(session)
  }

  /** The session that a ticket was given to; undefined when it is none, or none any more. */
  find(ticket: string): Session | undefined {
    return this.findHash(hashOf(ticket))
  }

  /** As `find`, for whoever knows the hash alone. */
  findHash(hash: string): Session | undefined {
    return this.#byHash.get(hash)
  }

  /** The client was heard, so it has its new ticket: the spent one is worth nothing any more. */
  confirm(session: Session): void {
    if (session.spentTicket !== null) this.#byHash.delete(session.spentTicket)
    session.spentTicket = null
  }

  /** Makes the tickets of a session good of which only the hashes are known. */
  restore(session: Session, hash: string, spentHash: string | null): void {
    session.ticket = hash
    session.spentTicket = spentHash
    this.#byHash.set(hash, session)
    if (spentHash !== null) this.#byHash.set(spentHash, session)
  }

  /** Voids every ticket of a session. */
  revoke(session: Session): void {
    this.confirm(session)
    if (session.ticket !== null) this.#byHash.delete(session.ticket)
    session.ticket = null
  }
}

/** All that a server keeps of a ticket, and all that nodes tell each other of it: 43 base64url characters. */
export const hashOf = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url')

/** The incarnation of the node that a ticket says it is of; undefined when it is of no cluster. */
export const ownerOf = (ticket: string): string | undefined =>
  OWNED.test(ticket) ? ticket.slice(0, OWNER_LENGTH) : undefined
