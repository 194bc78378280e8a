import type { FrameLog } from '../../egress/frame-log.js'
import { peerJoinedFrame, peerLeftFrame, peerUpdatedFrame } from '../../hub/control-frames.js'
import type { Room } from '../../rooms/room.js'
import type { Membership } from '../../sessions/session.js'
import type { SessionTable } from '../../sessions/session-table.js'
import { fallsBack } from '../handover/rehoming.js'
import type { Link } from '../links/link.js'
import type { RecordReader } from '../wire/record-reader.js'
import { BadRecord } from '../wire/records.js'
import type { Sight } from './abroad.js'
import { excess, loserOf } from './contest.js'
import * as records from './presence-records.js'
import type { RemoteMember } from './remote-member.js'
import { isLater, type Stamps } from './stamps.js'

const { PRESENCE } = records

const TWICE = 'you joined this room on another connection'
const TOO_MANY = 'the room is full: others joined before you'

/** What is decided about those here because of what happened elsewhere. */
export interface House {
  /** Makes a member leave. */
  expel(membership: Membership, reason: string): void
  /** A door was set on another node; `isNews` says that this node knew nothing of the room there until now. */
  learnDoor(room: Room, door: records.DoorState, isNews: boolean): void
}

export interface SightingsParts {
  readonly log: FrameLog
  readonly sessions: SessionTable
  readonly stamps: Stamps
  readonly house: House
}

/** What other nodes tell of rooms that there are here too: keeps it, and tells those here. */
export class Sightings {
  readonly #log: FrameLog
  readonly #sessions: SessionTable
  readonly #stamps: Stamps
  readonly #house: House

  constructor({ log, sessions, stamps, house }: SightingsParts) {
    this.#log = log
    this.#sessions = sessions
    this.#stamps = stamps
    this.#house = house
  }

  /** One record about a room, the number of which has been read. Throws `BadRecord`. */
  told(sight: Sight, type: number, body: RecordReader): void {
    switch (type) {
      case PRESENCE.frame:
        sight.room.pass(this.#log.append(records.readFrame(body)), sight.link)
        break
      case PRESENCE.direct:
        this.#direct(sight, records.readId(body), records.readFrame(body))
        break
      case PRESENCE.join:
        this.#join(sight, records.readJoin(body))
        break
      case PRESENCE.leave:
        this.#leave(sight, records.readId(body))
        break
      case PRESENCE.update:
        this.#update(sight, records.readId(body), records.readData(body))
        break
      case PRESENCE.away:
        this.#away(sight, records.readId(body), body.u8() !== 0)
        break
      case PRESENCE.door:
        this.door(sight.room, records.readDoor(body), false)
        break
      case PRESENCE.synced:
        sight.isWhole = true
        for (const { id } of [...sight.stale]) this.#forget(sight.room, id)
        break
      default:
        throw new BadRecord(`a record of type ${type} says nothing about a room`)
    }
  }

  door(room: Room, door: records.DoorState, isNews: boolean): void {
    this.#stamps.hear(door.stamp)
    if (door.stamp > room.doorStamp) this.#house.learnDoor(room, door, isNews)
  }

  /** All that a node has told of a room is void. */
  lose({ room, link, members }: Sight): void {
    const abroad = room.abroad!
    abroad.sights.delete(link)
    for (const member of abroad.members.values()) if (member.former === link) member.former = undefined
    for (const { id } of [...members]) this.#forget(room, id)
  }

  /** A node doesn't have a member that is on the move, or not any more. */
  gone(room: Room, id: string, move: string, link: Link): void {
    const member = room.abroad!.members.get(id)
    if (member?.move !== move) return
    if (member.link === link) this.#forget(room, id)
    else if (member.former === link) member.former = undefined
  }

  #join({ room, link, isWhole }: Sight, introduction: records.Introduction): void {
    const abroad = room.abroad!
    const { id } = introduction
    this.#stamps.hear(introduction.stamp)
    // Whoever is connected here is nowhere else: the other node is wrong, or will learn so.
    if (this.#sessions.find(id) !== undefined) return
    const known = abroad.delete(id)
    const member: RemoteMember = { ...introduction, link }
    abroad.add(member)
    if (known === undefined) this.#introduce(room, member, !isWhole)
    else if (known.data !== member.data) this.#show(room, member)
    this.#settle(room, member)
  }

  /**
   * Tells those here of somebody elsewhere: each whether it is the polite one of the two. `belated` says that it was there
   * before this node asked: as part of the list of members it counts as caused by those who are given it.
   */
  #introduce(room: Room, newcomer: RemoteMember, belated: boolean): void {
    let earlier: number | undefined
    let later: number | undefined
    for (const member of room.members) {
      let position: number
      if (isLater(member, newcomer)) {
        later ??= this.#log.append(peerJoinedFrame(room.name, newcomer, true))
        position = later
      } else {
        earlier ??= this.#log.append(peerJoinedFrame(room.name, newcomer))
        position = earlier
      }
      if (belated) member.session.bytesOut += this.#log.lengthAt(position)
      room.passTo(member.session, position, newcomer.link)
    }
  }

  #show(room: Room, member: RemoteMember): void {
    room.pass(this.#log.append(peerUpdatedFrame(room.name, member)), member.link)
  }

  /** Whoever can't be in the room beside that member goes, if it is here; if it is there, that node sees to it. */
  #settle(room: Room, member: RemoteMember): void {
    const twin = room.twinBy(member.principal)
    if (twin !== undefined && loserOf(twin, member, room.rule.duplicates) === twin)
      this.#house.expel(twin, TWICE)
    for (const one of excess(room)) this.#house.expel(one, TOO_MANY)
  }

  #leave({ room, link }: Sight, id: string): void {
    const member = room.abroad!.members.get(id)
    // Of one that is on its way there it says nothing yet: what it said was before.
    if (member?.link === link && member.move === undefined) this.#forget(room, id)
  }

  /** A member has left, unless it is on its way from yet another node, which has it still then. */
  #forget(room: Room, id: string): void {
    const abroad = room.abroad!
    const member = abroad.members.get(id)
    if (member === undefined || fallsBack(room, member)) return
    abroad.delete(id)
    if (room.members.length > 0) room.pass(this.#log.append(peerLeftFrame(room.name, id)), member.link)
  }

  #update({ room, link }: Sight, id: string, data: string): void {
    const member = room.abroad!.members.get(id)
    if (member?.link !== link) return
    member.data = data
    this.#show(room, member)
  }

  #away({ room, link }: Sight, id: string, away: boolean): void {
    const member = room.abroad!.members.get(id)
    if (member?.link !== link) return
    member.away = away
    if (!away) this.#settle(room, member)
  }

  /** For whoever has left meanwhile, it comes too late, as between peers of one node. */
  #direct({ room, link }: Sight, to: string, frame: Buffer): void {
    const session = this.#sessions.find(to)
    if (session?.memberships.get(room.name) === undefined) return
    const position = this.#log.append(frame)
    if (session.gate === null) session.outbox.pushDirect(position)
    else room.passTo(session, position, link)
  }
}
