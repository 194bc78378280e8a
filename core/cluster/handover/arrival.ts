import type { FrameLog } from '../../egress/frame-log.js'
import { peerJoinedFrame, peerLeftFrame } from '../../hub/control-frames.js'
import type { Room } from '../../rooms/room.js'
import type { Membership, Session } from '../../sessions/session.js'
import type { Link } from '../links/link.js'
import type { RemoteMember } from '../presence/remote-member.js'
import { isLater, type Ranked } from '../presence/stamps.js'
import { BadRecord } from '../wire/records.js'
import type { Acquaintances } from './acquaintances.js'
import type { Gate } from './gate.js'
import { HANDOVER, type Passage, passageRecord } from './handover-records.js'
import { fromBytes, type MovedSession } from './moved-session.js'

/** More than any session is, whatever the limits: frames and refusals as text. */
const MAX_BYTES = 256 * 1024 * 1024
/** As many may wish for a session that is on its way. */
const MAX_WAITING = 8

/** What is known of a session before it is there. */
export interface ExpectedSession {
  /** The node that has it still. */
  readonly former: Link
  /** What the wish of its client is called here. */
  readonly claim: number
  readonly passage: Passage
  /** Hashes of the tickets that are good for it. */
  readonly tickets: readonly string[]
}

export interface ArrivalParts {
  readonly log: FrameLog
  /** The session has ended here while it was on its way. */
  readonly ended: (arrival: Arrival) => void
}

/**
 * A session on its way to this node. It is in its rooms already, so it is given what members of this node send; what
 * comes from other nodes it is given from the point on where they changed over.
 */
export class Arrival implements Gate, ExpectedSession {
  readonly session: Session
  readonly former: Link
  readonly claim: number
  readonly passage: Passage
  readonly tickets: readonly string[]
  readonly #parts: ArrivalParts
  readonly #open = new Map<Link, Set<Room>>()
  /** Nodes to which a link was lost meanwhile. */
  readonly #lost = new Set<string>()
  readonly #pieces: Buffer[] = []
  #bytes = 0
  readonly #waiting: (() => void)[] = []
  #moved: MovedSession | undefined

  constructor(session: Session, expected: ExpectedSession, parts: ArrivalParts) {
    this.session = session
    this.former = expected.former
    this.claim = expected.claim
    this.passage = expected.passage
    this.tickets = expected.tickets
    this.#parts = parts
    session.gate = this
  }

  /** What comes over a link to these rooms from now on is for this node to deliver. */
  switched(link: Link, names: readonly string[]): void {
    const rooms = this.#open.get(link) ?? new Set()
    this.#open.set(link, rooms)
    for (const name of names) {
      const room = this.session.memberships.get(name)?.room
      if (room !== undefined) rooms.add(room)
    }
  }

  /** One more piece of what the session is. Throws `BadRecord`. */
  add(piece: Buffer, isLast: boolean): void {
    this.#bytes += piece.length
    if (this.#bytes > MAX_BYTES) throw new BadRecord('a session that is larger than any')
    this.#pieces.push(Buffer.from(piece))
    if (isLast) this.#moved = fromBytes(Buffer.concat(this.#pieces))
  }

  /** Calls back when it is here, or will never be. False: too many wait already. */
  whenOver(callback: () => void): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false
    this.#waiting.push(callback)
    return true
  }

  /** It is here, or will never be. */
  over(): void {
    for (const callback of this.#waiting.splice(0)) callback()
  }

  /** Tells those who send it here, and the former node, in which rooms it isn't. */
  isNotIn(rooms: readonly string[]): void {
    const record = passageRecord({ ...this.passage, rooms })
    for (const link of new Set([this.former, ...this.#open.keys()])) link.send(HANDOVER.gone, record)
  }

  /** What is on its way over a link is lost. */
  down(link: Link): void {
    this.#lost.add(link.node.incarnation)
  }

  /** Whether the former node has it no more. */
  get isMoved(): boolean {
    return this.#moved !== undefined
  }

  /**
   * All of it, once nothing comes any more that the former node has delivered: until then another node's stream may not
   * have changed over here. `isAlive` says which nodes are.
   */
  whole(isAlive: (incarnation: string) => boolean): MovedSession | undefined {
    for (const [incarnation, names] of this.#moved?.switched ?? []) {
      if (this.#lost.has(incarnation) || !isAlive(incarnation)) continue
      if (names.some((name) => !this.#isOpen(incarnation, name))) return undefined
    }
    return this.#moved
  }

  /**
   * The session is whole, and knows of those who are `known`: it is told now of those who are here besides, or aren't.
   * As a rule there is nobody; but a node that was lost or found meanwhile may be known here and not there.
   */
  complete(known: Acquaintances): void {
    this.session.gate = null
    for (const membership of this.session.memberships.values()) {
      const { room, id: own } = membership
      const strangers = new Set(known.get(room.name))
      for (const member of [...room.members, ...room.abroad!.members.values()]) {
        const isKnown = strangers.delete(member.id)
        if (!isKnown && member.id !== own && isShown(member)) this.#introduce(membership, member)
      }
      for (const id of strangers) if (id !== own) this.#push(peerLeftFrame(room.name, id))
    }
  }

  passes(link: Link, room: Room): boolean {
    return this.#open.get(link)?.has(room) === true
  }

  #isOpen(incarnation: string, name: string): boolean {
    const room = this.session.memberships.get(name)?.room
    if (room === undefined) return true
    for (const [link, rooms] of this.#open) {
      if (link.node.incarnation === incarnation && rooms.has(room)) return true
    }
    return false
  }

  settled(): void {}

  broken(): void {
    this.session.gate = null
    this.#parts.ended(this)
  }

  #introduce(membership: Membership, other: Ranked & { readonly data: string }): void {
    this.#push(peerJoinedFrame(membership.room.name, other, isLater(membership, other)))
  }

  #push(frame: Buffer): void {
    this.session.outbox.push(this.#parts.log.append(frame))
  }
}

/** Whether others are told of a member: those of other nodes are never hidden. */
const isShown = (member: Membership | RemoteMember): boolean => !('hidden' in member && member.hidden)
