/** Which rooms there are and who is in them; the engine is told of every change, and the members too. */

import { joinedFrame, peerJoinedFrame, peerLeftFrame, peerUpdatedFrame } from './control-frames.js'
import { CAPACITY, type Engine } from './engine/engine.js'
import { ERRORS, SignalError } from './errors.js'
import type { FrameLog } from './frame-log.js'
import { rightsOf } from './grants.js'
import { NumberPool } from './number-pool.js'
import type { Observers } from './observers.js'
import { Room } from './room.js'
import type { Membership, Session } from './session.js'
import type { Stats } from './stats.js'

/** The limits of the config that bound rooms. */
interface RoomLimits {
  readonly roomsPerPeer: number
  readonly membersPerRoom: number
  readonly metadataBytes: number
}

export class Rooms {
  readonly #engine: Engine
  readonly #log: FrameLog
  readonly #limits: RoomLimits
  readonly #observers: Observers
  readonly #stats: Stats
  readonly #numbers = new NumberPool(CAPACITY.rooms)
  readonly #rooms = new Map<string, Room>()

  constructor(engine: Engine, log: FrameLog, limits: RoomLimits, observers: Observers, stats: Stats) {
    this.#engine = engine
    this.#log = log
    this.#limits = limits
    this.#observers = observers
    this.#stats = stats
  }

  /** Members of a room; 0 when there is none of that name. */
  size(name: string): number {
    return this.#rooms.get(name)?.members.length ?? 0
  }

  /** What the engine calls a room; -1 when there is none of that name. */
  numberOf(name: string): number {
    return this.#rooms.get(name)?.number ?? -1
  }

  /** Tells an engine that knows every peer of every room, and of its members in their order. */
  replay(engine: Engine): void {
    for (const { name, number, members } of this.#rooms.values()) {
      engine.addRoom(number, name)
      for (const { session } of members) joinIn(engine, session, number)
    }
  }

  /** Throws the `SignalError` that a join would end with, grants and policies aside. */
  check(session: Session, name: string, data: string): void {
    if (session.memberships.has(name)) throw new SignalError('E_ALREADY_JOINED')
    this.#checkMetadata(data)
    if (session.memberships.size >= this.#limits.roomsPerPeer) throw new SignalError('E_ROOMS')
    if (this.size(name) >= this.#limits.membersPerRoom) throw new SignalError('E_ROOM_FULL')
  }

  /** Joins: `joined` to the newcomer, `peer-joined` to the others. `id` is that of the join. */
  enter(session: Session, name: string, data: string, id: number): void {
    this.check(session, name, data)
    const room = this.#rooms.get(name) ?? this.#open(name)
    if (!joinIn(this.#engine, session, room.number)) {
      this.#closeIfEmpty(room)
      throw new SignalError('E_BUSY', 'the server has no memory for another membership')
    }
    const joined = joinedFrame(id, name, room.members)
    session.bytesOut += joined.length
    session.outbox.push(this.#log.append(joined))
    const membership = room.add(session, data)
    session.memberships.set(name, membership)
    this.#tell(room, peerJoinedFrame(name, membership), session)
    this.#stats.memberships++
    this.#observers.tell({ type: 'joined', peer: session.id, principal: session.principal.id, room: name })
  }

  /** Leaves: `peer-left` to the others. */
  leave(membership: Membership): void {
    const { session, room } = membership
    room.remove(membership)
    session.memberships.delete(room.name)
    this.#engine.leave(session.slot, room.number)
    this.#stats.memberships--
    this.#tell(room, peerLeftFrame(room.name, session.id), session)
    this.#closeIfEmpty(room)
    this.#observers.tell({ type: 'left', peer: session.id, principal: session.principal.id, room: room.name })
  }

  leaveAll(session: Session): void {
    for (const membership of [...session.memberships.values()]) this.leave(membership)
  }

  /** Replaces a peer's metadata: `peer-updated` to the others. */
  update(membership: Membership, data: string): void {
    this.#checkMetadata(data)
    membership.data = data
    const { room, session } = membership
    this.#tell(room, peerUpdatedFrame(room.name, membership), session)
  }

  /** Tells everyone in a room but the session, whose doing it is. */
  #tell(room: Room, frame: Buffer, except: Session): void {
    const { members } = room
    const isAlone = members.length === 0 || (members.length === 1 && members[0]!.session === except)
    except.bytesOut += members.length * frame.length
    if (!isAlone) room.broadcast(this.#log.append(frame), except)
  }

  #checkMetadata(data: string): void {
    const { metadataBytes } = this.#limits
    if (data !== 'null' && Buffer.byteLength(data) > metadataBytes) {
      throw new SignalError('E_METADATA', `${ERRORS.E_METADATA.meaning}: at most ${metadataBytes} bytes`)
    }
  }

  #open(name: string): Room {
    const number = this.#numbers.take()
    if (number === -1) throw new SignalError('E_BUSY', 'the server has no memory for another room')
    const room = new Room(name, number)
    this.#rooms.set(name, room)
    this.#engine.addRoom(number, name)
    this.#stats.rooms++
    return room
  }

  #closeIfEmpty(room: Room): void {
    if (room.members.length > 0) return
    this.#rooms.delete(room.name)
    this.#engine.removeRoom(room.number)
    this.#numbers.release(room.number)
    this.#stats.rooms--
  }
}

function joinIn(engine: Engine, { slot, principal }: Session, room: number): boolean {
  return engine.join(slot, room, rightsOf(principal.grants))
}
