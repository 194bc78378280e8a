/**
 * Who is in which room. A membership is a number: those of a peer are `PER_PEER` times its slot and following. It knows
 * its position among the room's members, so that leaving is O(1). Numbers in typed arrays: joining and leaving make no
 * object, and touch few places in memory.
 */

import { LIMITS } from '../../protocol.js'
import { CAPACITY } from '../engine.js'

const PER_PEER = CAPACITY.roomsPerPeer
/** In place of a membership: the peer isn't a member. */
export const NONE = -1

interface Room {
  readonly name: string
  readonly nameBytes: Buffer
  /** Slots, in the order of recipients. */
  readonly members: number[]
}

interface Peer {
  readonly id: string
  readonly idBytes: Buffer
}

/** What a base64url character stands for (RFC 4648 section 5); -1 for any other, which no slot survives. */
const SEXTETS = new Int8Array(256).fill(-1)
for (const [value, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
].entries()) {
  SEXTETS[character.charCodeAt(0)] = value
}

export class Rooms {
  readonly #peers: (Peer | undefined)[] = []
  readonly #rooms: (Room | undefined)[] = []
  /** How many memberships a peer has, by slot. */
  readonly #counts = new Uint8Array(CAPACITY.peers)
  /** By membership: the room's number, the position among its members, the rights. */
  readonly #roomOf = new Int32Array(CAPACITY.peers * PER_PEER)
  readonly #positionOf = new Int32Array(CAPACITY.peers * PER_PEER)
  readonly #rightsOf = new Uint8Array(CAPACITY.peers * PER_PEER)
  /** By membership, see `middleOf`: a Map, for few send in many rooms. */
  readonly #middles = new Map<number, Buffer>()

  addPeer(slot: number, id: string): void {
    this.#peers[slot] = { id, idBytes: Buffer.from(id, 'latin1') }
    this.#counts[slot] = 0
  }

  removePeer(slot: number): void {
    this.#peers[slot] = undefined
  }

  addRoom(number: number, name: string): void {
    this.#rooms[number] = { name, nameBytes: Buffer.from(name), members: [] }
  }

  removeRoom(number: number): void {
    this.#rooms[number] = undefined
  }

  join(slot: number, number: number, rights: number): boolean {
    const { members } = this.#rooms[number]!
    const count = this.#counts[slot]!
    if (count === PER_PEER || members.length === CAPACITY.membersPerRoom) return false
    const membership = slot * PER_PEER + count
    this.#roomOf[membership] = number
    this.#positionOf[membership] = members.length
    this.#rightsOf[membership] = rights
    this.#counts[slot] = count + 1
    members.push(slot)
    return true
  }

  /** Ignored when the peer isn't a member. */
  setRights(slot: number, number: number, rights: number): void {
    const membership = this.find(slot, number)
    if (membership !== NONE) this.#rightsOf[membership] = rights
  }

  /** The last member takes the place of the one that leaves. Ignored when the peer isn't a member. */
  leave(slot: number, number: number): void {
    const membership = this.find(slot, number)
    if (membership === NONE) return
    const { members } = this.#rooms[number]!
    const position = this.#positionOf[membership]!
    const last = members.pop()!
    if (last !== slot) {
      members[position] = last
      this.#positionOf[this.find(last, number)] = position
    }
    const count = this.#counts[slot]! - 1
    this.#counts[slot] = count
    this.#move(slot * PER_PEER + count, membership)
  }

  /** The peer's last membership takes the place of the one that has ended. */
  #move(from: number, to: number): void {
    this.#roomOf[to] = this.#roomOf[from]!
    this.#positionOf[to] = this.#positionOf[from]!
    this.#rightsOf[to] = this.#rightsOf[from]!
    if (this.#middles.size === 0) return
    const middle = this.#middles.get(from)
    if (middle === undefined || from === to) this.#middles.delete(to)
    else this.#middles.set(to, middle)
    this.#middles.delete(from)
  }

  /** The peer's membership of a room, or `NONE`. */
  find(slot: number, number: number): number {
    const first = slot * PER_PEER
    const end = first + this.#counts[slot]!
    for (let membership = first; membership < end; membership++) {
      if (this.#roomOf[membership] === number) return membership
    }
    return NONE
  }

  /** The peer's membership of the room that is named by these bytes, or `NONE`. */
  findByBytes(slot: number, bytes: Buffer, start: number, end: number): number {
    const first = slot * PER_PEER
    const behind = first + this.#counts[slot]!
    for (let membership = first; membership < behind; membership++) {
      const name = this.#rooms[this.#roomOf[membership]!]!.nameBytes
      if (name.length !== end - start) continue
      // Backwards: names that differ tend to differ at the end.
      let n = name.length - 1
      while (n >= 0 && name[n] === bytes[start + n]) n--
      if (n < 0) return membership
    }
    return NONE
  }

  /** The peer's membership of the room of this name, or `NONE`. */
  findByName(slot: number, name: string): number {
    const bytes = Buffer.from(name)
    return this.findByBytes(slot, bytes, 0, bytes.length)
  }

  roomOf(membership: number): number {
    return this.#roomOf[membership]!
  }

  positionOf(membership: number): number {
    return this.#positionOf[membership]!
  }

  rightsOf(membership: number): number {
    return this.#rightsOf[membership]!
  }

  nameOf(number: number): string {
    return this.#rooms[number]!.name
  }

  /** Slots, in the order of recipients. */
  membersOf(number: number): readonly number[] {
    return this.#rooms[number]!.members
  }

  /** Everything in a frame's payload between the type and the data: made once, for those who send at all. */
  middleOf(membership: number): Buffer {
    return this.#middles.get(membership) ?? this.#makeMiddle(membership)
  }

  #makeMiddle(membership: number): Buffer {
    const { id } = this.#peers[Math.floor(membership / PER_PEER)]!
    const { name } = this.#rooms[this.#roomOf[membership]!]!
    const middle = Buffer.from(`","room":${JSON.stringify(name)},"from":"${id}","data":`)
    this.#middles.set(membership, middle)
    return middle
  }

  /** The slot whose peer has exactly the id that begins at `start`, or -1. */
  resolve(bytes: Uint8Array, start: number): number {
    const slot =
      (SEXTETS[bytes[start + 3]!]! << 18) |
      (SEXTETS[bytes[start + 4]!]! << 12) |
      (SEXTETS[bytes[start + 5]!]! << 6) |
      SEXTETS[bytes[start + 6]!]!
    return slot >= 0 && slot < this.#peers.length && this.hasId(slot, bytes, start) ? slot : -1
  }

  /** Whether a peer has this slot, and exactly the id that begins at `start`. */
  hasId(slot: number, bytes: Uint8Array, start: number): boolean {
    const id = this.#peers[slot]?.idBytes
    if (!id) return false
    for (let i = 0; i < LIMITS.peerIdBytes; i++) if (id[i] !== bytes[start + i]) return false
    return true
  }
}

/** Whether the 16 bytes from `start` on are base64url characters, as all ids are. */
export function isPeerId(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < LIMITS.peerIdBytes; i++) if (SEXTETS[bytes[start + i]!]! < 0) return false
  return true
}
