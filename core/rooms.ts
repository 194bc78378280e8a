/** Which rooms there are and who is in them; the engine is told of every change, and the members too. */

import type { Clock } from './clock.js'
import {
  doorFrame,
  joinedFrame,
  kickedFrame,
  peerJoinedFrame,
  peerLeftFrame,
  peerUpdatedFrame,
} from './control-frames.js'
import type { Engine } from './engine/engine.js'
import { ERRORS, SignalError } from './errors.js'
import type { FrameLog } from './frame-log.js'
import { mayJoin, rightsOf } from './grants.js'
import { type Knock, Lobby } from './lobby.js'
import type { Observers } from './observers.js'
import type { Door } from './protocol.js'
import type { SavedMembership } from './resume/saved-session.js'
import type { Room } from './room.js'
import type { RoomRule, RoomRules } from './room-rules.js'
import type { RoomTable } from './room-table.js'
import type { Membership, Session } from './session.js'
import type { Stats } from './stats.js'

const NOT_GRANTED = 'your grants do not allow this room any more'

/** The limits of the config that bound rooms. */
interface RoomLimits {
  readonly roomsPerPeer: number
  readonly metadataBytes: number
}

export interface RoomsParts {
  readonly engine: Engine
  readonly log: FrameLog
  readonly table: RoomTable
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
  readonly #limits: RoomLimits
  readonly #rules: RoomRules
  readonly #observers: Observers
  readonly #stats: Stats
  readonly #lobby: Lobby

  constructor({ engine, log, table, limits, rules, clock, observers, stats }: RoomsParts) {
    this.#engine = engine
    this.#log = log
    this.#table = table
    this.#limits = limits
    this.#rules = rules
    this.#observers = observers
    this.#stats = stats
    this.#lobby = new Lobby(clock, {
      moderatorsOf: (name) => this.#table.find(name)?.moderators ?? [],
      push: (session, frame) => this.#push(session, frame),
    })
  }

  /** Members of a room; 0 when there is none of that name. */
  size(name: string): number {
    return this.#table.find(name)?.members.length ?? 0
  }

  /** What the engine calls a room; -1 when there is none of that name. */
  numberOf(name: string): number {
    return this.#table.find(name)?.number ?? -1
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
    if (memberships.has(name) || this.#lobby.has(session, name)) throw new SignalError('E_ALREADY_JOINED')
    this.#checkMetadata(data)
    if (memberships.size + this.#lobby.count(session) >= this.#limits.roomsPerPeer) {
      throw new SignalError('E_ROOMS')
    }
  }

  /** A peer whose grants admit it comes to a room's door, and goes in, or waits, or is refused. `id` is that of the join. */
  arrive(session: Session, name: string, data: string, id: number): void {
    this.check(session, name, data)
    const rule = this.#rules.of(name)
    const door = this.#table.find(name)?.door ?? rule.door
    if (door === 'open' || session.principal.grants.moderate === true) this.#enter(session, name, data, id)
    else if (door === 'lobby') this.#lobby.knock(session, name, data, id, rule)
    else throw new SignalError('E_LOCKED')
  }

  /** Lets in who waits. Throws E_NO_PEER when nobody of that id does; when the room is full, it goes on waiting. */
  admit(room: Room, peer: string): void {
    const { session, data, id } = this.#waiting(room, peer)
    this.#enter(session, room.name, data, id)
  }

  /** Sends away who waits. Throws E_NO_PEER. */
  deny(room: Room, peer: string, reason: string): void {
    this.#lobby.deny(this.#waiting(room, peer), reason)
  }

  /** From now on; opened, it lets in those who wait, as far as there is room. Members are told. */
  setDoor(room: Room, door: Door): void {
    room.door = door
    this.#tell(room, doorFrame(room.name, door))
    if (door !== 'open') return
    for (const knock of this.#lobby.before(room.name)) {
      if (room.members.length < room.rule.capacity) this.#admitOrDeny(knock)
    }
  }

  #admitOrDeny(knock: Knock): void {
    try {
      this.#enter(knock.session, knock.room, knock.data, knock.id)
    } catch (error) {
      if (!(error instanceof SignalError)) throw error
      this.#lobby.deny(knock, error.message)
    }
  }

  /** Joins: `joined` to the newcomer, `peer-joined` to the others. */
  #enter(session: Session, name: string, data: string, id: number): void {
    const rule = this.#rules.of(name)
    const twin = this.#twin(session, name)
    if (this.size(name) - (twin ? 1 : 0) >= rule.capacity) throw new SignalError('E_ROOM_FULL')
    if (twin) this.expel(twin, 'you joined this room on another connection')
    const room = this.#table.find(name) ?? this.#table.open(name, rule)
    if (!joinIn(this.#engine, session, room.number)) {
      this.#closeIfEmpty(room)
      throw new SignalError('E_BUSY', 'the server has no memory for another membership')
    }
    const knock = this.#lobby.find(name, session.id)
    if (knock) this.#lobby.take(knock)
    const joined = joinedFrame(id, name, room.introduced)
    session.bytesOut += joined.length
    this.#push(session, joined)
    if (room.door !== rule.door) this.#push(session, doorFrame(name, room.door))
    const membership = room.add(session, data)
    session.memberships.set(name, membership)
    if (!membership.hidden) this.#tell(room, peerJoinedFrame(name, membership), session)
    if (session.principal.grants.moderate === true) this.#lobby.introduce(membership)
    this.#stats.memberships++
    this.#observers.tell({ type: 'joined', peer: session.id, principal: session.principal.id, room: name })
  }

  /** The member that a newcomer takes the place of, where the room wants each principal but once. */
  #twin(session: Session, name: string): Membership | undefined {
    const room = this.#table.find(name)
    const twin = room?.twinOf(session)
    // One without a socket may never come back: whoever lost its session isn't kept out by what is left of it.
    const isPresent = twin !== undefined && twin.session.connection !== null
    if (isPresent && room!.rule.duplicates === 'reject') throw new SignalError('E_DUPLICATE')
    return twin
  }

  #waiting(room: Room, peer: string): Knock {
    const knock = this.#lobby.find(room.name, peer)
    if (knock === undefined) throw new SignalError('E_NO_PEER')
    return knock
  }

  /** The peer leaves a room, or waits for it no longer. Throws E_NOT_JOINED. */
  depart(session: Session, name: string): void {
    const membership = session.memberships.get(name)
    const knock = this.#lobby.find(name, session.id)
    if (membership) this.leave(membership)
    else if (knock) this.#lobby.take(knock)
    else throw new SignalError('E_NOT_JOINED')
  }

  /** A session that another process has saved is where it was, and nobody is told. The door stands as it did. */
  restore(session: Session, { name, data, door }: SavedMembership): void {
    const room = this.#table.find(name) ?? this.#table.open(name, this.#rules.of(name))
    room.door = door
    if (!joinIn(this.#engine, session, room.number)) throw new SignalError('E_BUSY')
    session.memberships.set(name, room.add(session, data))
    this.#stats.memberships++
  }

  /** Leaves: `peer-left` to the others. */
  leave(membership: Membership): void {
    const { session, room } = membership
    room.remove(membership)
    session.memberships.delete(room.name)
    this.#engine.leave(session.slot, room.number)
    this.#stats.memberships--
    if (!membership.hidden) this.#tell(room, peerLeftFrame(room.name, session.id), session)
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
    for (const knock of this.#lobby.of(session)) {
      if (!mayJoin(grants, knock.room)) this.#lobby.deny(knock, NOT_GRANTED)
    }
  }

  /** The peer waits at no door any more, and is told: doors aren't kept for it from one process to the next. */
  sendAway(session: Session): void {
    for (const knock of this.#lobby.of(session)) this.#lobby.deny(knock, 'the server stopped: ask again')
  }

  /** The peer is gone for good. */
  leaveAll(session: Session): void {
    for (const knock of this.#lobby.of(session)) this.#lobby.take(knock)
    for (const membership of [...session.memberships.values()]) this.leave(membership)
  }

  /** Replaces a peer's metadata: `peer-updated` to the others. */
  update(membership: Membership, data: string): void {
    this.#checkMetadata(data)
    membership.data = data
    const { hidden, room, session } = membership
    if (!hidden) this.#tell(room, peerUpdatedFrame(room.name, membership), session)
  }

  #push(session: Session, frame: Buffer): void {
    session.outbox.push(this.#log.append(frame))
  }

  /** Tells everyone in a room but the session, whose doing it is where there is one. */
  #tell(room: Room, frame: Buffer, except?: Session): void {
    const { members } = room
    const isAlone = members.length === 0 || (members.length === 1 && members[0]!.session === except)
    if (except !== undefined) except.bytesOut += members.length * frame.length
    if (!isAlone) room.broadcast(this.#log.append(frame), except)
  }

  #checkMetadata(data: string): void {
    const { metadataBytes } = this.#limits
    if (data !== 'null' && Buffer.byteLength(data) > metadataBytes) {
      throw new SignalError('E_METADATA', `${ERRORS.E_METADATA.meaning}: at most ${metadataBytes} bytes`)
    }
  }

  #closeIfEmpty(room: Room): void {
    if (room.members.length === 0) this.#table.close(room)
  }
}

function joinIn(engine: Engine, { slot, principal }: Session, room: number): boolean {
  return engine.join(slot, room, rightsOf(principal.grants))
}
