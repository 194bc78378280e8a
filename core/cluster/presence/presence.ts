/**
 * Rooms across nodes. A node tells the others that have members of a room who its own members are, and everything that
 * is sent there; what it learns about theirs holds as long as the link does:
 *
 * ```
 *     A has members of r                          B gets its first one
 *                      ◀──────────── here r (bus)
 *     sync r, join …   ────────────▶  (link)
 *                      ◀────────────  sync r, join …
 *     join, leave, update, door, frame, direct ◀──▶ in the order in which they happened
 *                      ◀────────────  unsync, when the last one has left
 * ```
 *
 * Nobody decides for all: each node tells what it knows, and where two things can't both be, both nodes come to the same
 * end by the order of stamps (core/cluster/presence/stamps.ts).
 */

import type { Room } from '../../rooms/room.js'
import type { RoomTable } from '../../rooms/room-table.js'
import type { Membership } from '../../sessions/session.js'
import type { Cluster } from '../cluster.js'
import type { Confirmations } from '../delivery/confirmations.js'
import type { Link, LinkListener } from '../links/link.js'
import { RecordReader } from '../wire/record-reader.js'
import { RecordWriter } from '../wire/record-writer.js'
import { RECORDS } from '../wire/records.js'
import { Abroad, type Sight } from './abroad.js'
import { isIntroduced, Neighbour } from './neighbour.js'
import * as records from './presence-records.js'
import type { Share } from './share.js'
import type { Sightings } from './sightings.js'

const { PRESENCE } = records

export interface PresenceParts {
  readonly cluster: Cluster
  readonly table: RoomTable
  readonly sightings: Sightings
  readonly confirmations: Confirmations
  /** Told of every room that begins to be shared with another node, behind its name. */
  shared(share: Share): void
}

/** Hears of rooms that come to be shared with other nodes. */
export interface Sharing {
  /** A node has been told of all members here of a room. */
  told(room: Room, link: Link): void
  /** A node tells of a room. */
  shown(): void
}

export class Presence implements LinkListener {
  readonly #cluster: Cluster
  readonly #table: RoomTable
  readonly #sightings: Sightings
  readonly #confirmations: Confirmations
  readonly #shared: (share: Share) => void
  readonly #neighbours = new Map<Link, Neighbour>()
  /** Rooms, by name, that are to be shared with a node, by incarnation, the link to which isn't up yet. */
  readonly #waiting = new Map<string, Set<string>>()
  readonly #writer = new RecordWriter()
  #sharing: Sharing = { told() {}, shown() {} }

  constructor({ cluster, table, sightings, confirmations, shared }: PresenceParts) {
    this.#shared = shared
    this.#cluster = cluster
    this.#table = table
    this.#sightings = sightings
    this.#confirmations = confirmations
    cluster.listen(...RECORDS.presence, this)
    cluster.onHere((room, incarnation) => this.#meet(room, incarnation))
  }

  /** Sets who hears of rooms that come to be shared. */
  onSharing(sharing: Sharing): void {
    this.#sharing = sharing
  }

  /** Tells another node of a room, over a link that is up, unless it does so already. */
  share(room: Room, link: Link): Share {
    return this.#neighbour(link).share(room)
  }

  /** Another node says that it doesn't have a member that moves. */
  gone(room: Room, id: string, move: string, link: Link): void {
    this.#sightings.gone(room, id, move, link)
  }

  /** A room has been opened here. */
  opened(room: Room): void {
    room.abroad = new Abroad()
    this.#cluster.regard(room.name)
  }

  /** Nobody is left here in a room, or before it. */
  closed(room: Room): void {
    const { abroad, name } = room
    this.#cluster.disregard(name)
    for (const share of [...abroad!.shares]) {
      share.link.send(PRESENCE.unsync, share.head)
      this.#neighbours.get(share.link)?.unshare(share)
    }
    for (const { link, number } of abroad!.sights.values()) this.#neighbours.get(link)?.sights.delete(number)
  }

  /** A peer has joined a room here. */
  entered(membership: Membership): void {
    if (!isIntroduced(membership)) return
    const { shares } = membership.room.abroad!
    for (const share of shares)
      this.#send(share, PRESENCE.join, records.writeJoin(this.#writer, share.number, membership))
  }

  /** It has left. */
  left(membership: Membership): void {
    if (!isIntroduced(membership)) return
    const { room, id } = membership
    for (const share of room.abroad!.shares) {
      this.#send(share, PRESENCE.leave, records.writeLeave(this.#writer, share.number, id))
    }
  }

  /** Its metadata is other. */
  updated(membership: Membership): void {
    if (!isIntroduced(membership)) return
    for (const share of membership.room.abroad!.shares) {
      this.#send(share, PRESENCE.update, records.writeUpdate(this.#writer, share.number, membership))
    }
  }

  /** It has lost its socket, or has one again. */
  awayChanged(membership: Membership): void {
    if (!isIntroduced(membership)) return
    for (const share of membership.room.abroad!.shares) {
      this.#send(share, PRESENCE.away, records.writeAway(this.#writer, share.number, membership))
    }
  }

  /** A moderator here has set a door. */
  doorSet({ abroad, door, doorStamp: stamp }: Room): void {
    for (const share of abroad!.shares) {
      this.#send(share, PRESENCE.door, records.writeDoor(this.#writer, share.number, { door, stamp }))
    }
  }

  /** Makes void all that was learnt of others; those here are told, and nobody is told of them any more. */
  forget(): void {
    for (const link of [...this.#neighbours.keys()]) this.down(link)
  }

  up(link: Link): void {
    const neighbour = this.#neighbour(link)
    const { incarnation } = link.node
    const names = this.#waiting.get(incarnation) ?? []
    this.#waiting.delete(incarnation)
    for (const name of names) this.#present(neighbour, name)
  }

  /** What other nodes tell of their members holds no longer than the link to them. */
  down(link: Link): void {
    const neighbour = this.#neighbours.get(link)
    if (neighbour === undefined) return
    this.#neighbours.delete(link)
    for (const share of [...neighbour.shares.values()]) neighbour.unshare(share)
    for (const sight of [...neighbour.sights.values()]) this.#sightings.lose(sight)
    this.#confirmations.down(link) // last: the sender has been told by then that its receivers have left
  }

  confirmed(link: Link): void {
    this.#confirmations.confirmed(link)
    this.#neighbours.get(link)?.introduce()
  }

  record(link: Link, type: number, body: Buffer): void {
    const reader = new RecordReader(body)
    const neighbour = this.#neighbour(link)
    if (type === PRESENCE.sync) this.#synced(neighbour, records.readSync(reader))
    else if (type === PRESENCE.present) this.#present(neighbour, records.readName(reader))
    else this.#aboutNumber(neighbour, type, reader)
  }

  #aboutNumber(neighbour: Neighbour, type: number, reader: RecordReader): void {
    const number = reader.u32()
    const sight = neighbour.sights.get(number)
    if (type === PRESENCE.absent) this.#stopSharing(neighbour, neighbour.shares.get(number))
    else if (sight === undefined)
      return // this node has just left the room
    else if (type === PRESENCE.unsync) this.#unsynced(neighbour, sight)
    else this.#sightings.told(sight, type, reader)
    reader.end()
  }

  #neighbour(link: Link): Neighbour {
    const known = this.#neighbours.get(link)
    if (known !== undefined) return known
    const told = ({ room }: Share) => this.#sharing.told(room, link)
    const neighbour = new Neighbour(link, this.#shared, told)
    this.#neighbours.set(link, neighbour)
    return neighbour
  }

  #send({ link }: Share, type: number, record: Buffer): void {
    link.send(type, record)
  }

  /** Another node has said `here`. */
  #meet(name: string, incarnation: string): void {
    const link = this.#cluster.link(incarnation)
    const room = this.#table.find(name)
    if (link === undefined || room === undefined) return
    if (link.isUp) this.#neighbour(link).share(room)
    else this.#waitFor(incarnation, name)
  }

  #waitFor(incarnation: string, name: string): void {
    const waiting = this.#waiting.get(incarnation)
    if (waiting !== undefined) {
      waiting.add(name)
      return
    }
    // Those that died before they could be reached never will be.
    for (const one of this.#waiting.keys()) {
      if (this.#cluster.node(one) === undefined) this.#waiting.delete(one)
    }
    this.#waiting.set(incarnation, new Set([name]))
  }

  #present(neighbour: Neighbour, name: string): void {
    const room = this.#table.find(name)
    if (room !== undefined) neighbour.share(room)
  }

  /** Another node tells of a room from now on, or tells it all once more. */
  #synced(neighbour: Neighbour, { number, door, name }: ReturnType<typeof records.readSync>): void {
    const { link } = neighbour
    const room = this.#table.find(name)
    if (room !== undefined) this.#sightings.door(room, door, room.abroad!.isNew)
    // The door may have turned away all who were here.
    if (room === undefined || this.#table.find(name) !== room) {
      link.send(PRESENCE.absent, records.writeNumber(this.#writer, number))
      return
    }
    const abroad = room.abroad!
    abroad.isNew = false
    const before = abroad.sights.get(link)
    if (before !== undefined) neighbour.sights.delete(before.number)
    const members = before?.members ?? new Set()
    const sight: Sight = { room, link, number, members, stale: new Set(members), isWhole: false }
    neighbour.sights.set(number, sight)
    abroad.sights.set(link, sight)
    neighbour.share(room)
    this.#sharing.shown()
  }

  #unsynced(neighbour: Neighbour, sight: Sight): void {
    const { room, link, number } = sight
    this.#sightings.lose(sight)
    neighbour.sights.delete(number)
    this.#stopSharing(neighbour, room.abroad!.shareOf(link))
  }

  /**
   * The other node has no members there, so it isn't told any more. It may have had new ones since it said so, and
   * their `here` may have been heard before: so it is told once that there are members here.
   */
  #stopSharing(neighbour: Neighbour, share: Share | undefined): void {
    if (share === undefined) return
    neighbour.unshare(share)
    neighbour.link.send(PRESENCE.present, records.writeName(this.#writer, share.room.name))
  }
}
