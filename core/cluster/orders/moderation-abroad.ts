/**
 * Moderators and those who wait are on any node. Whoever knocks is told to every node that has members of the room, and
 * what a moderator decides goes to the node that the peer is connected to, which carries it out.
 */

import type { FrameLog } from '../../egress/frame-log.js'
import { SignalError } from '../../errors.js'
import { knockEndedFrame, knockFrame } from '../../hub/control-frames.js'
import type { Room } from '../../rooms/room.js'
import type { RoomTable } from '../../rooms/room-table.js'
import type { Membership } from '../../sessions/session.js'
import type { Cluster } from '../cluster.js'
import type { Link, LinkListener } from '../links/link.js'
import type { Share } from '../presence/share.js'
import { RecordReader } from '../wire/record-reader.js'
import {
  MODERATION,
  readKnock,
  readReason,
  readSubject,
  type Subject,
  writeModeration,
} from './moderation-records.js'

/** More than any lobby holds. */
const MAX_KNOCKS = 65_536

/** Somebody who waits before a room on another node. */
export interface RemoteKnock {
  readonly id: string
  /** Metadata: JSON text. */
  readonly data: string
  readonly link: Link
}

/** What is done here about peers of this node. Each may throw a `SignalError`. */
export interface Doorkeeper {
  /** Those who wait before a room here. */
  waiting(room: string): Iterable<{ readonly session: { readonly id: string }; readonly data: string }>
  isWaiting(room: string, peer: string): boolean
  admit(room: Room, peer: string): void
  deny(room: Room, peer: string, reason: string): void
  expel(membership: Membership, reason: string): void
}

export interface ModerationAbroadParts {
  readonly cluster: Cluster
  readonly table: RoomTable
  readonly log: FrameLog
  readonly doorkeeper: Doorkeeper
}

export class ModerationAbroad implements LinkListener {
  readonly #table: RoomTable
  readonly #log: FrameLog
  readonly #doorkeeper: Doorkeeper

  constructor({ cluster, table, log, doorkeeper }: ModerationAbroadParts) {
    this.#table = table
    this.#log = log
    this.#doorkeeper = doorkeeper
    cluster.listen(MODERATION.knock, MODERATION.deny + 1, this)
  }

  /** Somebody waits here. */
  knocked(room: Room, peer: string, data: string): void {
    const record = writeModeration({ room: room.name, peer }, data)
    for (const { link } of room.abroad!.shares) link.send(MODERATION.knock, record)
  }

  /** It waits no longer. */
  ended(room: Room, peer: string): void {
    const record = writeModeration({ room: room.name, peer }, '')
    for (const { link } of room.abroad!.shares) link.send(MODERATION.knockEnded, record)
  }

  /** Another node is told of a room from now on: so it is of those who wait here. */
  shared({ link, room: { name: room } }: Share): void {
    for (const { session, data } of this.#doorkeeper.waiting(room)) {
      link.send(MODERATION.knock, writeModeration({ room, peer: session.id }, data))
    }
  }

  /** Removes a member of another node; false when there is none of that id. */
  kick({ name, abroad }: Room, peer: string, reason: string): boolean {
    const member = abroad!.members.get(peer)
    member?.link.send(MODERATION.kick, writeModeration({ room: name, peer }, reason))
    return member !== undefined
  }

  /** Lets in who waits on another node; false when nobody of that id does. Throws E_ROOM_FULL. */
  admit(room: Room, peer: string): boolean {
    const knock = room.abroad!.knocks.get(peer)
    if (knock === undefined) return false
    if (room.size >= room.rule.capacity) throw new SignalError('E_ROOM_FULL')
    knock.link.send(MODERATION.admit, writeModeration({ room: room.name, peer }, ''))
    return true
  }

  /** Sends away who waits on another node; false when nobody of that id does. */
  deny({ name, abroad }: Room, peer: string, reason: string): boolean {
    const knock = abroad!.knocks.get(peer)
    knock?.link.send(MODERATION.deny, writeModeration({ room: name, peer }, reason))
    return knock !== undefined
  }

  up(): void {}

  record(link: Link, type: number, body: Buffer): void {
    const from = new RecordReader(body)
    const subject = readSubject(from)
    const room = this.#table.find(subject.room)
    if (type === MODERATION.knock) this.#knock(room, { id: subject.peer, data: readKnock(from), link })
    else this.#order(room, type, subject, readReason(from), link)
  }

  confirmed(): void {}

  /** Who waited there can be let in by nobody here any more. */
  down(link: Link): void {
    for (const room of this.#table) {
      for (const knock of [...(room.abroad?.knocks.values() ?? [])]) {
        if (knock.link === link) this.#end(room, knock)
      }
    }
  }

  #knock(room: Room | undefined, knock: RemoteKnock): void {
    const knocks = room?.abroad?.knocks
    if (room === undefined || knocks === undefined || knocks.size >= MAX_KNOCKS) return
    knocks.set(knock.id, knock)
    this.#tell(room, knockFrame(room.name, knock))
  }

  #end(room: Room, { id }: RemoteKnock): void {
    room.abroad!.knocks.delete(id)
    this.#tell(room, knockEndedFrame(room.name, id))
  }

  #order(room: Room | undefined, type: number, subject: Subject, reason: string, link: Link): void {
    if (room === undefined) return
    const { peer } = subject
    if (type === MODERATION.knockEnded) {
      const knock = room.abroad!.knocks.get(peer)
      if (knock?.link === link) this.#end(room, knock)
    } else if (type === MODERATION.kick) {
      this.#kicked(room, peer, reason, link)
    } else if (this.#doorkeeper.isWaiting(room.name, peer)) {
      this.#decided(room, type, peer, reason)
    }
  }

  /** A member that has moved on meanwhile is removed where it is now. */
  #kicked(room: Room, peer: string, reason: string, from: Link): void {
    const member = room.members.find(({ id }) => id === peer)
    if (member) this.#doorkeeper.expel(member, reason)
    else if (room.abroad!.members.get(peer)?.link !== from) this.kick(room, peer, reason)
  }

  /** Somebody who can't be let in now, where the room has just become full, goes on waiting. */
  #decided(room: Room, type: number, peer: string, reason: string): void {
    try {
      if (type === MODERATION.admit) this.#doorkeeper.admit(room, peer)
      else this.#doorkeeper.deny(room, peer, reason)
    } catch (error) {
      if (!(error instanceof SignalError)) throw error
    }
  }

  #tell(room: Room, frame: Buffer): void {
    for (const { session } of room.moderators) session.outbox.push(this.#log.append(frame))
  }
}
