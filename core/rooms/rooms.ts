/** Which rooms there are and who is in them; the engine is told of every change, and the members too. */

import { mayJoin, rightsOf } from '../access/grants.js'
import type { Clock } from '../clock.js'
import type { ModerationAbroad } from '../cluster/orders/moderation-abroad.js'
import type { Presence } from '../cluster/presence/presence.js'
import type { Stamps } from '../cluster/presence/stamps.js'
import type { FrameLog } from '../egress/frame-log.js'
import type { Engine } from '../engine/engine.js'
import { ERRORS, SignalError } from '../errors.js'
import {
  doorFrame,
  joinedFrame,
  kickedFrame,
  peerJoinedFrame,
  peerLeftFrame,
  peerUpdatedFrame,
} from '../hub/control-frames.js'
import type { Observers } from '../hub/observers.js'
import type { Stats } from '../hub/stats.js'
import type { SavedMembership } from '../resume/saved-session.js'
import type { Membership, Session } from '../sessions/session.js'
import { Lobby } from './lobby.js'
import type { Room } from './room.js'
import type { RoomRule, RoomRules } from './room-rules.js'
import type { RoomTable } from './room-table.js'

const NOT_GRANTED = 'your grants do not allow this room any more'
const TWICE = 'you joined this room on another connection'

/** The limits of the config that bound rooms. */
interface RoomLimits {
  readonly roomsPerPeer: number
  readonly metadataBytes: number
}

export interface RoomsParts {
  readonly engine: Engine
  readonly log: FrameLog
  readonly table: RoomTable
  readonly stamps: Stamps
  /** Tells other nodes; absent without a cluster. */
  readonly presence?: Presence | undefined
  readonly abroad?: ModerationAbroad | undefined
  readonly limits: RoomLimits
  readonly rules: RoomRules
  readonly clock: Clock
  readonly observers: Observers
  readonly stats: Stats
}

export class Rooms {
  readonly #engine: Engine
  readonly #log: FrameLog
  readonly #table: RoomTable
  readonly #stamps: Stamps
  readonly #presence: Presence | undefined
  readonly #limits: RoomLimits
  readonly #rules: RoomRules
  readonly #observers: Observers
  readonly #stats: Stats
  /** Who waits before them. */
  readonly lobby: Lobby

  constructor(parts: RoomsParts) {
    const { engine, log, table, stamps, presence, abroad, limits, rules, clock, observers, stats } = parts
    this.#engine = engine
    this.#log = log
    this.#table = table
    this.#stamps = stamps
    this.#presence = presence
    this.#limits = limits
    this.#rules = rules
    this.#observers = observers
    this.#stats = stats
    this.lobby = new Lobby(clock, {
      moderatorsOf: (name) => this.#table.find(name)?.moderators ?? [],
      push: (session, frame) => this.#push(session, frame),
      knocked: (name, id, data) => abroad?.knocked(this.#table.find(name)!, id, data),
      ended: (name, id) => abroad?.ended(this.#table.find(name)!, id),
      deserted: (name) => this.#closeIfEmpty(this.#table.find(name)),
    })
  }

  /** Members of a room; 0 when there is none of that name. */
  size(name: string): number {
    return this.#table.find(name)?.size ?? 0
  }

  /** What the engine calls a room; -1 when nobody here is in a room of that name. */
  numberOf(name: string): number {
    const room = this.#table.find(name)
    return room === undefined || room.members.length === 0 ? -1 : room.number
  }

  /** Tells an engine that knows every peer of every room, and of its members in their order. */
  replay(engine: Engine): void {
    for (const { name, number, members } of this.#table) {
      engine.addRoom(number, name)
      for (const { session } of members) joinIn(engine, session, number)
    }
  }

  /** Throws what is wrong with a join as far as the peer's own affairs go: nothing of it tells about the room. */
  check(session: Session, name: string, data: string): void {
    const { memberships } = session
    if (memberships.has(name) || this.lobby.has(session, name)) throw new SignalError('E_ALREADY_JOINED')
    this.#checkMetadata(data)
    if (memberships.size + this.lobby.count(session) >= this.#limits.roomsPerPeer) {
      throw new SignalError('E_ROOMS')
    }
  }

  /** Joins: `joined` to the newcomer, `peer-joined` to the others. `id` is that of the join. */
  enter(session: Session, name: string, data: string, id: number): void {
    const rule = this.#rules.of(name)
    const twins = this.#twins(session, this.#table.find(name))
    if (this.size(name) - twins.count >= rule.capacity) throw new SignalError('E_ROOM_FULL')
    if (twins.here) this.expel(twins.here, TWICE)
    const room = this.#table.find(name) ?? this.open(name, rule)
    if (!joinIn(this.#engine, session, room.number)) {
      this.#closeIfEmpty(room)
      throw new SignalError('E_BUSY', 'the server has no memory for another membership')
    }
    const joined = joinedFrame(id, name, room.introduced)
    const membership = room.add(session, data, this.#stamps.next())
    session.memberships.set(name, membership)
    const knock = this.lobby.find(name, session.id)
    if (knock) this.lobby.take(knock)
    session.bytesOut += joined.length
    this.#push(session, joined)
    if (room.door !== rule.door) this.#push(session, doorFrame(name, room.door))
    if (!membership.hidden) this.#tell(room, peerJoinedFrame(name, membership), session)
    this.#presence?.entered(membership)
    if (session.principal.grants.moderate === true) this.lobby.introduce(membership)
    this.#stats.memberships++
    this.#observers.tell({ type: 'joined', peer: session.id, principal: session.principal.id, room: name })
  }

  /**
   * The members that a newcomer takes the place of, where the room wants each principal but once: the one here, and how
   * many there are; one on another node is removed by that node.
   */
  #twins(session: Session, room: Room | undefined): { here?: Membership | undefined; count: number } {
    const principal = room?.principalOf(session) ?? ''
    if (room === undefined || principal === '') return { count: 0 }
    const here = room.twinBy(principal)
    const there = room.abroad?.twinOf(principal)
    // One without a socket may never come back: whoever lost its session isn't kept out by what is left of it.
    const isPresent = here?.away === false || there?.away === false
    if (isPresent && room.rule.duplicates === 'reject') throw new SignalError('E_DUPLICATE')
    return { here, count: (here ? 1 : 0) + (there ? 1 : 0) }
  }

  /** The members are told how the door stands now. */
  doorStands(room: Room): void {
    this.#tell(room, doorFrame(room.name, room.door))
  }

  /** The peer leaves a room, or waits for it no longer. Throws E_NOT_JOINED. */
  depart(session: Session, name: string): void {
    const membership = session.memberships.get(name)
    const knock = this.lobby.find(name, session.id)
    if (membership) this.leave(membership)
    else if (knock) this.lobby.take(knock)
    else throw new SignalError('E_NOT_JOINED')
  }

  /**
   * A session that another process has saved is where it was, and nobody here is told; other nodes are, as far as they
   * don't know. The door of a room that is new here stands as it did.
   */
  restore(session: Session, saved: SavedMembership): void {
    const { name, data, door, stamp = this.#stamps.next(), hidden } = saved
    const known = this.#table.find(name)
    const room = known ?? this.open(name, this.#rules.of(name))
    if (known === undefined) room.door = door
    if (!joinIn(this.#engine, session, room.number)) {
      this.#closeIfEmpty(room)
      throw new SignalError('E_BUSY')
    }
    this.#stamps.hear(stamp)
    room.abroad?.delete(session.id)
    const membership = room.add(session, data, stamp, hidden)
    session.memberships.set(name, membership)
    this.#stats.memberships++
    this.#presence?.entered(membership)
  }

  /** A peer has lost its socket, or has one again: where each principal may be but once, that counts on all nodes. */
  awayChanged({ memberships, connection }: Session): void {
    for (const membership of memberships.values()) {
      membership.away = connection === null
      if (membership.room.rule.duplicates === 'reject') this.#presence?.awayChanged(membership)
    }
  }

  /** Leaves: `peer-left` to the others. */
  leave(membership: Membership): void {
    const { session } = membership
    const room = this.#remove(membership)
    if (!membership.hidden) this.#tell(room, peerLeftFrame(room.name, session.id), session)
    this.#presence?.left(membership)
    this.#closeIfEmpty(room)
    this.#observers.tell({ type: 'left', peer: session.id, principal: session.principal.id, room: room.name })
  }

  /** Leaves on somebody else's account: `kicked` to the peer itself, `peer-left` to the others. */
  expel(membership: Membership, reason: string): void {
    this.#push(membership.session, kickedFrame(membership.room.name, reason))
    this.leave(membership)
  }

  /** The grants of a session have changed: so do its rights in its rooms, and it leaves those that it may not join. */
  regrant(session: Session): void {
    const { grants } = session.principal
    for (const membership of [...session.memberships.values()]) {
      if (mayJoin(grants, membership.room.name)) {
        this.#engine.setRights(session.slot, membership.room.number, rightsOf(grants))
        membership.room.regrant(membership)
      } else {
        this.expel(membership, NOT_GRANTED)
      }
    }
    for (const knock of this.lobby.of(session)) {
      if (!mayJoin(grants, knock.room)) this.lobby.deny(knock, NOT_GRANTED)
    }
  }

  /** The peer waits at no door any more, and is told: doors aren't kept for it from one process to the next. */
  sendAway(session: Session, why: string): void {
    for (const knock of this.lobby.of(session)) this.lobby.deny(knock, `${why}: ask again`)
  }

  /** The peer is connected to another node: it is in its rooms as before, but not here, and nobody is told. */
  forsake(session: Session): void {
    for (const one of [...session.memberships.values()]) this.#closeIfEmpty(this.#remove(one))
  }

  /** The peer is gone for good. */
  leaveAll(session: Session): void {
    for (const knock of this.lobby.of(session)) this.lobby.take(knock)
    for (const membership of [...session.memberships.values()]) this.leave(membership)
  }

  /** Replaces a peer's metadata: `peer-updated` to the others. */
  update(membership: Membership, data: string): void {
    this.#checkMetadata(data)
    membership.data = data
    const { hidden, room, session } = membership
    if (!hidden) this.#tell(room, peerUpdatedFrame(room.name, membership), session)
    this.#presence?.updated(membership)
  }

  #remove(membership: Membership): Room {
    const { session, room } = membership
    room.remove(membership)
    session.memberships.delete(room.name)
    this.#engine.leave(session.slot, room.number)
    this.#stats.memberships--
    return room
  }

  #push(session: Session, frame: Buffer): void {
    session.outbox.push(this.#log.append(frame))
  }

  /** Tells everyone in a room but the session, whose doing it is where there is one. */
  #tell(room: Room, frame: Buffer, except?: Session): void {
    const { members } = room
    const isAlone = members.length === 0 || (members.length === 1 && members[0]!.session === except)
    if (except !== undefined) except.bytesOut += room.size * frame.length
    if (!isAlone) room.broadcast(this.#log.append(frame), except)
  }

  #checkMetadata(data: string): void {
    const { metadataBytes } = this.#limits
    if (data !== 'null' && Buffer.byteLength(data) > metadataBytes) {
      throw new SignalError('E_METADATA', `${ERRORS.E_METADATA.meaning}: at most ${metadataBytes} bytes`)
    }
  }

  /** A room of a name that there is none of. Throws E_BUSY. Whoever opens it sees to it that it doesn't stay empty. */
  open(name: string, rule: RoomRule): Room {
    const room = this.#table.open(name, rule)
    this.#presence?.opened(room)
    return room
  }

  #closeIfEmpty(room: Room | undefined): void {
    if (room === undefined || room.members.length > 0) return
    if (this.#presence !== undefined && this.lobby.isBefore(room.name)) return
    this.#table.close(room)
    this.#presence?.closed(room)
  }
}

const joinIn = (engine: Engine, { slot, principal }: Session, room: number): boolean =>
  engine.join(slot, room, rightsOf(principal.grants))
