/** Who is in which room. Each membership knows its position among the room's members, so that leaving is O(1). */

import { LIMITS } from '../../protocol.js'
import { CAPACITY } from '../engine.js'

export interface Room {
  readonly number: number
  readonly name: string
  readonly nameBytes: Buffer
  /** Slots, in the order of recipients. */
  readonly members: number[]
}

export interface Membership {
  readonly room: Room
  rights: number
  readonly senderId: string
  /** See `middleOf`; undefined until the peer first sends in this room. */
  middle: Buffer | undefined
  position: number
}

export interface Peer {
  readonly id: string
  readonly idBytes: Buffer
  readonly memberships: Membership[]
}

/** Everything in a frame's payload between the type and the data: made once, for those who send at all. */
export function middleOf(membership: Membership): Buffer {
  const { room, senderId } = membership
  membership.middle ??= Buffer.from(`","room":${JSON.stringify(room.name)},"from":"${senderId}","data":`)
  return membership.middle
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

  addPeer(slot: number, id: string): void {
    this.#peers[slot] = { id, idBytes: Buffer.from(id, 'latin1'), memberships: [] }
  }

  removePeer(slot: number): void {
    this.#peers[slot] = undefined
  }

  addRoom(number: number, name: string): void {
    this.#rooms[number] = { number, name, nameBytes: Buffer.from(name), members: [] }
  }

  removeRoom(number: number): void {
    this.#rooms[number] = undefined
  }

  join(slot: number, number: number, rights: number): boolean {
    const peer = this.#peers[slot]!
    const room = this.#rooms[number]!
    if (
      peer.memberships.length === CAPACITY.roomsPerPeer ||
      room.members.length === CAPACITY.membersPerRoom
    ) {
      return false
    }
    const position = room.members.length
    peer.memberships.push({ room, rights, senderId: peer.id, middle: undefined, position })
    room.members.push(slot)
    return true
  }

  /** Ignored when the peer isn't a member. */
  setRights(slot: number, number: number, rights: number): void {
    const membership = this.find(slot, number)
    if (membership) membership.rights = rights
  }

  /** The last member takes the place of the one that leaves. Ignored when the peer isn't a member. */
  leave(slot: number, number: number): void {
    const membership = this.find(slot, number)
    if (!membership) return
    const { members } = membership.room
    const { position } = membership
    const last = members[members.length - 1]!
    members[position] = last
    this.find(last, number)!.position = position
    members.pop()

    const { memberships } = this.#peers[slot]!
    const end = memberships.pop()!
    if (end !== membership) memberships[memberships.indexOf(membership)] = end
  }

  /** The peer's membership of a room. */
  find(slot: number, number: number): Membership | undefined {
    const { memberships } = this.#peers[slot]!
    for (let i = 0; i < memberships.length; i++) {
      if (memberships[i]!.room.number === number) return memberships[i]
    }
    return undefined
  }

  /** The peer's membership of the room that is named by these bytes. */
  findByBytes(slot: number, bytes: Buffer, start: number, end: number): Membership | undefined {
    const { memberships } = this.#peers[slot]!
    for (let i = 0; i < memberships.length; i++) {
      const name = memberships[i]!.room.nameBytes
      if (name.length !== end - start) continue
      // Backwards: names that differ tend to differ at the end.
      let n = name.length - 1
      while (n >= 0 && name[n] === bytes[start + n]) n--
      if (n < 0) return memberships[i]
    }
    return undefined
  }

  /** The peer's membership of the room of this name. */
  findByName(slot: number, name: string): Membership | undefined {
    return this.#peers[slot]!.memberships.find((membership) => membership.room.name === name)
  }

  /** The slot whose peer has exactly the id that begins at `start`, or -1. */
  resolve(bytes: Uint8Array, start: number): number {
    const slot =
      (SEXTETS[bytes[start + 3]!]! << 18) |
      (SEXTETS[bytes[start + 4]!]! << 12) |
      (SEXTETS[bytes[start + 5]!]! << 6) |
      SEXTETS[bytes[start + 6]!]!
    if (slot < 0 || slot >= this.#peers.length) return -1
    const id = this.#peers[slot]?.idBytes
    if (!id) return -1
    for (let i = 0; i < LIMITS.peerIdBytes; i++) if (id[i] !== bytes[start + i]) return -1
    return slot
  }
}
