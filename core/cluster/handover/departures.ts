import type { Clock } from '../../clock.js'
import type { FrameLog } from '../../egress/frame-log.js'
import type { Returning } from '../../resume/returning.js'
import { savedSession } from '../../resume/saved-session.js'
import type { Rooms } from '../../rooms/rooms.js'
import type { Session } from '../../sessions/session.js'
import type { Sessions } from '../../sessions/sessions.js'
import type { Link } from '../links/link.js'
import type { Presence } from '../presence/presence.js'
import { Departure, type DepartureParts, type Destination } from './departure.js'
import {
  type Claimed,
  elsewhereRecord,
  HANDOVER,
  moveOf,
  passageRecord,
  REFUSAL,
  type Refused,
  refusedRecord,
} from './handover-records.js'
import { toBytes } from './moved-session.js'
import type { MovedTickets } from './moved-tickets.js'
import { settle } from './rehoming.js'
import type { Transfers } from './transfers.js'

/** As many leave at a time; who comes then is told to try again. */
const MAX_LEAVING = 4096
/** As many may wish for a session that is leaving. */
const MAX_WAITING = 8

export interface DeparturesParts {
  readonly incarnation: string
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly returning: Returning
  readonly presence: Pick<Presence, 'share'>
  readonly transfers: Transfers
  readonly moved: MovedTickets
  readonly clock: Clock
  readonly log: FrameLog
  readonly limits: { readonly handshakeMs: number; readonly replayBytes: number }
}

/** The sessions that other nodes have claimed, until they have left. */
export class Departures {
  readonly #parts: DeparturesParts
  readonly #departureParts: DepartureParts
  readonly #byMove = new Map<number, Departure>()
  /** What is to be done when a session has left, or stays. */
  readonly #waiting = new Map<Session, (() => void)[]>()
  #lastMove = 0

  constructor(parts: DeparturesParts) {
    this.#parts = parts
    this.#departureParts = {
      log: parts.log,
      presence: parts.presence,
      keptBytes: parts.limits.replayBytes,
      leave: (departure) => this.#leave(departure),
      stay: (departure) => this.#over(departure),
    }
  }

  /** A client of another node has a ticket with this hash. */
  claimed(link: Link, wish: Claimed): void {
    const { sessions, returning, moved } = this.#parts
    const { claim, hash, seen, principal } = wish
    const session = sessions.tickets.findHash(hash)
    const node = moved.find(hash)
    if (session?.gate) {
      const isHeard = this.whenOver(session, () => this.claimed(link, wish))
      if (!isHeard) refuse(link, claim, REFUSAL.busy)
    } else if (session !== undefined) {
      if (!returning.suits(session, seen, principal)) refuse(link, claim, REFUSAL.unknown)
      else if (this.#byMove.size >= MAX_LEAVING) refuse(link, claim, REFUSAL.busy)
      else this.#begin(session, { link, claim }, seen)
    } else if (node !== undefined) {
      link.send(HANDOVER.elsewhere, elsewhereRecord(claim, node))
    } else {
      refuse(link, claim, REFUSAL.unknown)
    }
  }

  /** Calls back when a session that leaves has left, or stays. False: too many wait for it already. */
  whenOver(session: Session, callback: () => void): boolean {
    const waiting = this.#waiting.get(session) ?? []
    if (waiting.length >= MAX_WAITING) return false
    waiting.push(callback)
    this.#waiting.set(session, waiting)
    return true
  }

  byMove(move: number): Departure | undefined {
    return this.#byMove.get(move)
  }

  *[Symbol.iterator](): Iterator<Departure> {
    yield* [...this.#byMove.values()]
  }

  /** None leaves any more: all stay where they are. */
  stop(): void {
    for (const departure of this) departure.callOff()
  }

  #begin(session: Session, to: Destination, seen: number): void {
    const { sessions, rooms, returning, clock, limits, incarnation } = this.#parts
    rooms.sendAway(session, 'you go on with another server')
    sessions.dismiss(session, 'E_TAKEN_OVER')
    // Without its socket it may keep less than with it.
    if (!session.open || !returning.suits(session, seen, session.principal.id)) {
      refuse(to.link, to.claim, REFUSAL.unknown)
      return
    }
    do this.#lastMove = (this.#lastMove + 1) >>> 0
    while (this.#byMove.has(this.#lastMove))
    const departure = new Departure(incarnation, this.#lastMove, session, to, this.#departureParts)
    if (!departure.begin()) {
      refuse(to.link, to.claim, REFUSAL.unknown)
      return
    }
    this.#byMove.set(departure.passage.move, departure)
    const timer = clock.after(limits.handshakeMs, () => departure.callOff())
    this.whenOver(session, () => timer.cancel())
  }

  /** Nobody but the nodes is told: in its rooms it is a member that is connected elsewhere from now on. */
  #leave(departure: Departure): void {
    const { sessions, moved, transfers, log } = this.#parts
    const { session, to, passage } = departure
    const { link } = to
    const saved = savedSession(session, 0, 0)!
    const bytes = toBytes({ saved, known: departure.known, switched: departure.switchedNodes })
    const members = [...session.memberships.values()]
    session.gate = null
    link.send(HANDOVER.switched, passageRecord(passage))
    departure.tell(HANDOVER.gone)
    for (const hash of [saved.ticket, saved.spentTicket]) {
      if (hash !== null) moved.note(hash, link.node.incarnation)
    }
    sessions.surrender(session)
    for (const member of members) settle(member, link, moveOf(passage), log)
    transfers.send(link, passage.move, bytes)
    this.#over(departure)
  }

  #over({ session, passage }: Departure): void {
    this.#byMove.delete(passage.move)
    const waiting = this.#waiting.get(session) ?? []
    this.#waiting.delete(session)
    for (const callback of waiting) callback()
  }
}

const refuse = (link: Link, claim: number, why: Refused): void =>
  link.send(HANDOVER.refused, refusedRecord(claim, why))
