import type { FrameLog } from '../../egress/frame-log.js'
import type { Stats } from '../../hub/stats.js'
import type { Transit } from '../../resume/transit.js'
import type { Rooms } from '../../rooms/rooms.js'
import type { Session } from '../../sessions/session.js'
import type { SessionTable } from '../../sessions/session-table.js'
import type { Sessions } from '../../sessions/sessions.js'
import type { Cluster } from '../cluster.js'
import type { Link } from '../links/link.js'
import type { Presence } from '../presence/presence.js'
import { learn } from './acquaintances.js'
import { Arrival, type ExpectedSession } from './arrival.js'
import type { Claims } from './claims.js'
import {
  type Coming,
  declinedRecord,
  HANDOVER,
  moveOf,
  type Passage,
  passageRecord,
  REFUSAL,
  type readComing,
} from './handover-records.js'
import type { MovedSession } from './moved-session.js'
import type { MovedTickets } from './moved-tickets.js'
import { settle } from './rehoming.js'
import type { Switches } from './switches.js'

/** The close code that a session is said to have ended with whose node died while it was on its way. */
const LOST = 1006

export interface ExpectedParts {
  readonly cluster: Pick<Cluster, 'node'>
  readonly sessions: Sessions
  readonly transit: Transit
  readonly rooms: Rooms
  readonly table: SessionTable
  readonly presence: Pick<Presence, 'share' | 'entered'>
  readonly claims: Claims
  readonly switches: Switches
  readonly moved: MovedTickets
  readonly log: FrameLog
  readonly stats: Pick<Stats, 'moves'>
  /** A slot for one more session; -1 when there is none. */
  readonly takeSlot: () => number
}

/** The sessions that this node has claimed, until they are here. */
export class Expected {
  readonly #parts: ExpectedParts
  readonly #byPassage = new Map<string, Arrival>()
  readonly #byTicket = new Map<string, Arrival>()

  constructor(parts: ExpectedParts) {
    this.#parts = parts
  }

  /** Another node says who comes: from now on it has a place here. */
  coming(link: Link, { claim, move, who }: ReturnType<typeof readComing>): void {
    const { claims, table } = this.#parts
    const { id } = who
    const rooms = who.rooms.map(({ name }) => name)
    const passage: Passage = { owner: link.node.incarnation, move, id, rooms }
    const isWanted = claims.begun(claim, link) && table.find(id) === undefined
    const expected = { former: link, claim, passage, tickets: who.tickets }
    const arrival = isWanted ? this.#place(who, expected) : undefined
    if (arrival !== undefined) {
      this.#byPassage.set(moveOf(passage), arrival)
      for (const hash of who.tickets) this.#byTicket.set(hash, arrival)
      this.#changeOver(arrival)
    } else {
      this.#decline(link, move)
      claims.refused(claim, link, REFUSAL.busy)
    }
  }

  /** The session that a ticket with this hash is good for. */
  withTicket(hash: string): Arrival | undefined {
    return this.#byTicket.get(hash)
  }

  find(passage: Pick<Passage, 'owner' | 'move'>): Arrival | undefined {
    return this.#byPassage.get(moveOf(passage))
  }

  /** A piece of a session. Throws `BadRecord`. */
  piece(link: Link, move: number, piece: Buffer, isLast: boolean): void {
    const arrival = this.find({ owner: link.node.incarnation, move })
    if (arrival === undefined || arrival.isMoved) return
    arrival.add(piece, isLast)
    this.#completeIfWhole(arrival)
  }

  /** A node's stream changes over. */
  switched(arrival: Arrival, link: Link, rooms: readonly string[]): void {
    arrival.switched(link, rooms)
    this.#completeIfWhole(arrival)
  }

  /** It stays where it was. */
  stays(arrival: Arrival): void {
    const { claims } = this.#parts
    this.#forget(arrival)
    this.#giveBack(arrival.session, arrival.former)
    claims.refused(arrival.claim, arrival.former, REFUSAL.calledOff)
    arrival.over()
  }

  /** With the node that has them, they are lost. */
  down(link: Link): void {
    for (const arrival of [...this.#byPassage.values()]) {
      arrival.down(link)
      if (arrival.former !== link || arrival.isMoved) {
        this.#completeIfWhole(arrival)
      } else {
        this.#forget(arrival)
        arrival.isNotIn(arrival.passage.rooms)
        this.#parts.sessions.remove(arrival.session, LOST)
        arrival.over()
      }
    }
  }

  /** Makes it a member of its rooms without a socket, and nobody is told. */
  #place(who: Coming, expected: ExpectedSession): Arrival | undefined {
    const { transit, rooms, log, takeSlot } = this.#parts
    const slot = takeSlot()
    if (slot === -1) return undefined
    const session = transit.expect(slot, who)
    const arrival = new Arrival(session, expected, { log, ended: (one) => this.#ended(one) })
    try {
      for (const membership of who.rooms) rooms.restore(session, membership)
      return arrival
    } catch {
      session.gate = null
      this.#giveBack(session, expected.former)
      return undefined
    }
  }

  /** What members of this node send is for it alone from the moment on that the other node knows all of them. */
  #changeOver({ session, former: link, passage }: Arrival): void {
    const { presence, switches } = this.#parts
    const attempt = () => {
      const shares = [...session.memberships.values()].map(({ room }) => presence.share(room, link))
      if (!shares.every(({ isTold }) => isTold)) return false
      link.send(HANDOVER.switched, passageRecord(passage))
      return true
    }
    switches.add({ link, move: passage.move, attempt })
  }

  #completeIfWhole(arrival: Arrival): void {
    const { cluster } = this.#parts
    const moved = arrival.whole((incarnation) => cluster.node(incarnation) !== undefined)
    if (moved !== undefined) this.#complete(arrival, moved)
  }

  #complete(arrival: Arrival, { saved, known }: MovedSession): void {
    const { transit, rooms, presence, claims, moved, stats } = this.#parts
    const { session, passage, former, claim } = arrival
    this.#forget(arrival)
    learn(known, session.outbox.save().frames)
    // Somebody may have removed it from a room meanwhile, there or here.
    for (const [name, membership] of session.memberships) if (!known.has(name)) rooms.leave(membership)
    const left = passage.rooms.filter((name) => !session.memberships.has(name))
    if (left.length > 0) arrival.isNotIn(left)
    transit.complete(session, saved, 0)
    stats.moves++
    moved.forget(saved.ticket)
    if (saved.spentTicket !== null) moved.forget(saved.spentTicket)
    arrival.complete(known)
    for (const membership of session.memberships.values()) presence.entered(membership)
    claims.arrived(claim, former)
    arrival.over()
  }

  /** In its rooms it is a member of the other node again. */
  #giveBack(session: Session, link: Link): void {
    const members = [...session.memberships.values()]
    this.#parts.sessions.surrender(session)
    for (const member of members) settle(member, link, undefined, this.#parts.log)
  }

  #ended(arrival: Arrival): void {
    this.#forget(arrival)
    this.#decline(arrival.former, arrival.passage.move)
    arrival.isNotIn(arrival.passage.rooms)
    this.#parts.claims.refused(arrival.claim, arrival.former, REFUSAL.calledOff)
    arrival.over()
  }

  #forget({ session, former, passage, tickets }: Arrival): void {
    session.gate = null
    this.#byPassage.delete(moveOf(passage))
    for (const hash of tickets) this.#byTicket.delete(hash)
    this.#parts.switches.cancel(former, passage.move)
  }

  #decline(link: Link, move: number): void {
    link.send(HANDOVER.declined, declinedRecord(move))
  }
}
