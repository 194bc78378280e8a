import type { FrameLog } from '../../egress/frame-log.js'
import type { Room } from '../../rooms/room.js'
import type { Session } from '../../sessions/session.js'
import type { Link } from '../links/link.js'
import { MAX_RECORD_BYTES } from '../links/outgoing.js'
import type { Presence } from '../presence/presence.js'
import { type Acquaintances, introducedIn, unlearn } from './acquaintances.js'
import type { Gate } from './gate.js'
import {
  type Coming,
  comingRecord,
  HANDOVER,
  movingRecord,
  type Passage,
  passageRecord,
} from './handover-records.js'

/** Who wants the session, and how it calls its wish. */
export interface Destination {
  readonly link: Link
  readonly claim: number
}

export interface DepartureParts {
  readonly log: FrameLog
  readonly presence: Pick<Presence, 'share'>
  /** Bytes that may be kept besides the session's own; beyond them it stays. */
  readonly keptBytes: number
  /** Everything is in its place: the session can go. */
  readonly leave: (departure: Departure) => void
  /** The session stays here after all. */
  readonly stay: (departure: Departure) => void
}

/**
 * A session on its way to another node, as the node sees it that has it. Until all who share a room with it have said
 * where their streams change over, what comes is either delivered here or kept: so it may stay at any time, and lacks
 * nothing then.
 */
export class Departure implements Gate {
  readonly former = undefined
  readonly session: Session
  readonly to: Destination
  readonly passage: Passage
  readonly #parts: DepartureParts
  /** Those who were asked to send to the new node. */
  readonly #asked = new Set<Link>()
  /** How many answers each link owes. */
  readonly #owed = new Map<Link, number>()
  /** What has changed over: what comes over these links to these rooms is the new node's to deliver. */
  readonly #over = new Map<Link, Set<Room>>()
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #isExpected = false

  constructor(owner: string, move: number, session: Session, to: Destination, parts: DepartureParts) {
    this.session = session
    this.to = to
    this.passage = { owner, move, id: session.id, rooms: [...session.memberships.keys()] }
    this.#parts = parts
  }

  /** The new node prepares a place first; only then can anybody send there. False: it has more metadata than can travel. */
  begin(): boolean {
    const { session, to, passage } = this
    const record = comingRecord(to.claim, passage.move, describe(session))
    if (record.length > MAX_RECORD_BYTES) return false
    session.gate = this
    this.#owed.set(to.link, 1)
    to.link.send(HANDOVER.coming, record)
    for (const { room } of session.memberships.values()) this.#parts.presence.share(room, to.link)
    return true
  }

  /** What a link brings to these rooms from now on is the new node's to deliver. */
  switched(link: Link, names: readonly string[]): void {
    const rooms = this.#over.get(link) ?? new Set()
    this.#over.set(link, rooms)
    for (const name of names) {
      const room = this.session.memberships.get(name)?.room
      if (room !== undefined) rooms.add(room)
    }
    const owed = (this.#owed.get(link) ?? 0) - 1
    if (owed > 0) this.#owed.set(link, owed)
    else this.#owed.delete(link)
    if (link === this.to.link && !this.#isExpected) {
      this.#isExpected = true
      this.#askAll()
    }
    this.settled()
  }

  /** A node knows all members of a room by now: so it can be asked to send to this one elsewhere. */
  told(room: Room, link: Link): void {
    if (!this.session.memberships.has(room.name)) return
    if (this.#isExpected && link !== this.to.link) this.#ask(link, [room.name])
    this.settled()
  }

  /** What a link owes it owes no longer; without the one to the new node the session stays. */
  down(link: Link): void {
    if (link === this.to.link) {
      this.callOff()
    } else {
      this.#owed.delete(link)
      this.settled()
    }
  }

  /** Goes, if nothing is missing: no answer, no acknowledgement, and nobody who doesn't know of it. */
  settled(): void {
    const { session } = this
    if (session.gate !== this || !this.#isExpected || this.#owed.size > 0) return
    if (session.ackedId !== session.lastId) return
    for (const { room } of session.memberships.values()) {
      if (room.abroad!.shares.some(({ isTold }) => !isTold)) return
    }
    this.#parts.leave(this)
  }

  passes(link: Link, room: Room, position: number): boolean {
    if (this.#over.get(link)?.has(room) !== true) return true
    const frame = this.#parts.log.copyOf(position)
    this.#kept.push(frame)
    this.#keptBytes += frame.length
    if (this.#keptBytes > this.#parts.keptBytes) this.callOff()
    return false
  }

  broken(): void {
    this.callOff()
  }

  /** The session stays, is given what was kept for the other node, and everybody hears of it. */
  callOff(): void {
    const { session } = this
    if (session.gate !== this) return
    session.gate = null
    this.tell(HANDOVER.stays)
    this.to.link.send(HANDOVER.stays, passageRecord(this.passage))
    for (const frame of this.#kept) session.outbox.push(this.#parts.log.append(frame))
    this.#parts.stay(this)
  }

  /** The new node can't have it. */
  declined(link: Link): void {
    if (link === this.to.link) this.callOff()
  }

  /** Tells all who were asked, the new node aside, what has become of it. */
  tell(type: number): void {
    for (const link of this.#asked) link.send(type, passageRecord(this.passage))
  }

  /** Of whom the session knows by what it was given here. */
  get known(): Acquaintances {
    const known = introducedIn([...this.session.memberships.values()].map(({ room }) => room))
    unlearn(known, this.#kept)
    return known
  }

  /** The nodes whose streams have changed over, and for which rooms; the new node aside. */
  get switchedNodes(): Map<string, string[]> {
    const others = [...this.#over].filter(([link]) => link !== this.to.link)
    return new Map(others.map(([link, rooms]) => [link.node.incarnation, [...rooms].map(({ name }) => name)]))
  }

  #askAll(): void {
    const byLink = new Map<Link, string[]>()
    for (const { room } of this.session.memberships.values()) {
      for (const { link, isTold } of room.abroad!.shares) {
        if (link === this.to.link || !isTold) continue
        byLink.set(link, [...(byLink.get(link) ?? []), room.name])
      }
    }
    for (const [link, names] of byLink) this.#ask(link, names)
  }

  #ask(link: Link, rooms: readonly string[]): void {
    this.#asked.add(link)
    this.#owed.set(link, (this.#owed.get(link) ?? 0) + 1)
    link.send(HANDOVER.moving, movingRecord({ ...this.passage, rooms }, this.to.link.node.incarnation))
  }
}

/** Who comes, before the rest of it. */
function describe({ id, principal, address, ticket, spentTicket, memberships }: Session): Coming {
  const tickets = [ticket, spentTicket].filter((hash) => hash !== null)
  const rooms = [...memberships.values()].map(({ room, data, stamp, hidden }) => ({
    name: room.name,
    data,
    door: room.door,
    stamp,
    hidden,
  }))
  return { id, principal, address, tickets, rooms }
}
