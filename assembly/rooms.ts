/**
 * Who is in which room. Each membership stands twice: as a record of the peer, with the position among the room's
 * members, and as a slot among the room's members. Each finds the other in at most 16 steps, so that joining and
 * leaving cost the same in a room of two and of sixteen thousand.
 */

import {
  MEMBERSHIP_BYTES,
  MEMBERSHIP_HASH,
  MEMBERSHIP_POSITION,
  MEMBERSHIP_RIGHTS,
  MEMBERSHIP_ROOM,
  MEMBERSHIP_TABLE,
  PEER_MEMBERSHIPS,
  PEER_SHIFT,
  PEER_TABLE,
  ROOM_CLASS,
  ROOM_COUNT,
  ROOM_ESCAPES,
  ROOM_HASH,
  ROOM_MEMBERS,
  ROOM_NAME,
  ROOM_NAME_LEN,
  ROOM_RECORD_BYTES,
  ROOM_TABLE,
} from './layout'
import { giveBlock, slotsOf, takeBlock } from './members'
import { countEscapes, hashName, sameBytes } from './names'
import { ROOMS_PER_PEER } from './protocol'

export function roomPtr(room: i32): usize {
  return ROOM_TABLE + <usize>room * ROOM_RECORD_BYTES
}

export function peerPtr(slot: i32): usize {
  return PEER_TABLE + ((<usize>slot) << PEER_SHIFT)
}

function membershipsOf(slot: i32): usize {
  return MEMBERSHIP_TABLE + <usize>slot * <usize>ROOMS_PER_PEER * MEMBERSHIP_BYTES
}

function membershipsEnd(slot: i32): usize {
  return membershipsOf(slot) + <usize>load<u32>(peerPtr(slot), PEER_MEMBERSHIPS) * MEMBERSHIP_BYTES
}

/** Takes the peer's id, 16 bytes at `idPtr`. */
export function addPeer(slot: i32, idPtr: usize): void {
  const peer = peerPtr(slot)
  store<u64>(peer, load<u64>(idPtr))
  store<u64>(peer, load<u64>(idPtr, 8), 8)
  store<u32>(peer, 0, PEER_MEMBERSHIPS)
}

/** A free slot holds NULs, which no id contains. */
export function removePeer(slot: i32): void {
  const peer = peerPtr(slot)
  store<u64>(peer, 0)
  store<u64>(peer, 0, 8)
}

export function addRoom(room: i32, namePtr: usize, nameLen: i32): void {
  const record = roomPtr(room)
  memory.copy(record + ROOM_NAME, namePtr, nameLen)
  store<i32>(record, nameLen, ROOM_NAME_LEN)
  store<u32>(record, hashName(namePtr, nameLen), ROOM_HASH)
  store<i32>(record, countEscapes(namePtr, nameLen), ROOM_ESCAPES)
  store<i32>(record, 0, ROOM_COUNT)
}

/** The peer's membership of the room with this name, or 0. The look-up is both routing and authorisation. */
export function findByName(slot: i32, namePtr: usize, nameLen: i32): usize {
  const hash = hashName(namePtr, nameLen)
  const end = membershipsEnd(slot)
  for (let membership = membershipsOf(slot); membership < end; membership += MEMBERSHIP_BYTES) {
    if (load<u32>(membership, MEMBERSHIP_HASH) != hash) continue
    const room = roomPtr(load<i32>(membership, MEMBERSHIP_ROOM))
    if (load<i32>(room, ROOM_NAME_LEN) == nameLen && sameBytes(room + ROOM_NAME, namePtr, nameLen))
      return membership
  }
  return 0
}

/** The peer's membership of a room, or 0. */
export function findByRoom(slot: i32, room: i32): usize {
  const end = membershipsEnd(slot)
  for (let membership = membershipsOf(slot); membership < end; membership += MEMBERSHIP_BYTES) {
    if (load<i32>(membership, MEMBERSHIP_ROOM) == room) return membership
  }
  return 0
}

/** False when there is no memory for another member; nothing has changed then. */
export function join(slot: i32, room: i32, rights: i32): bool {
  const peer = peerPtr(slot)
  const memberships: i32 = load<i32>(peer, PEER_MEMBERSHIPS)
  const record = roomPtr(room)
  if (memberships == ROOMS_PER_PEER || !makePlace(record)) return false
  const position: i32 = load<i32>(record, ROOM_COUNT)
  const membership = membershipsEnd(slot)
  store<u32>(membership, load<u32>(record, ROOM_HASH), MEMBERSHIP_HASH)
  store<i32>(membership, room, MEMBERSHIP_ROOM)
  store<i32>(membership, position, MEMBERSHIP_POSITION)
  store<i32>(membership, rights, MEMBERSHIP_RIGHTS)
  store<i32>(peer, memberships + 1, PEER_MEMBERSHIPS)
  store<i32>(memberPtr(record, position), slot)
  store<i32>(record, position + 1, ROOM_COUNT)
  return true
}

/** Changes what a member may do. Ignored when the peer isn't one. */
export function setRights(slot: i32, room: i32, rights: i32): void {
  const membership = findByRoom(slot, room)
  if (membership) store<i32>(membership, rights, MEMBERSHIP_RIGHTS)
}

/** The last member takes the place of the one that leaves. Ignored when the peer isn't a member. */
export function leave(slot: i32, room: i32): void {
  const membership = findByRoom(slot, room)
  if (!membership) return
  const record = roomPtr(room)
  const position: i32 = load<i32>(membership, MEMBERSHIP_POSITION)
  const count: i32 = load<i32>(record, ROOM_COUNT) - 1
  const last: i32 = load<i32>(memberPtr(record, count))
  store<i32>(memberPtr(record, position), last)
  store<i32>(findByRoom(last, room), position, MEMBERSHIP_POSITION)
  store<i32>(record, count, ROOM_COUNT)
  shrink(record, count)

  const peer = peerPtr(slot)
  memory.copy(membership, membershipsEnd(slot) - MEMBERSHIP_BYTES, MEMBERSHIP_BYTES)
  store<i32>(peer, load<i32>(peer, PEER_MEMBERSHIPS) - 1, PEER_MEMBERSHIPS)
}

export function memberPtr(record: usize, position: i32): usize {
  return <usize>load<u32>(record, ROOM_MEMBERS) + ((<usize>position) << 2)
}

/** Makes sure that the room's block has place for one more; false when memory is exhausted. */
function makePlace(record: usize): bool {
  const count: i32 = load<i32>(record, ROOM_COUNT)
  if (count == 0) {
    const block = takeBlock(0)
    if (!block) return false
    store<u32>(record, <u32>block, ROOM_MEMBERS)
    store<u32>(record, 0, ROOM_CLASS)
    return true
  }
  const sizeClass: u32 = load<u32>(record, ROOM_CLASS)
  return count < slotsOf(sizeClass) || moveMembers(record, sizeClass + 1)
}

/**
 * Gives memory back: all of it when the room is empty, half when it is a quarter full. The gap between growing and
 * shrinking keeps a room at a boundary from moving with every join and leave.
 */
function shrink(record: usize, count: i32): void {
  const sizeClass: u32 = load<u32>(record, ROOM_CLASS)
  if (count == 0) giveBlock(load<u32>(record, ROOM_MEMBERS), sizeClass)
  else if (sizeClass > 0 && count <= slotsOf(sizeClass) >> 2) moveMembers(record, sizeClass - 1)
}

function moveMembers(record: usize, sizeClass: u32): bool {
  const to = takeBlock(sizeClass)
  if (!to) return false
  const from: usize = load<u32>(record, ROOM_MEMBERS)
  memory.copy(to, from, (<usize>load<u32>(record, ROOM_COUNT)) << 2)
  giveBlock(from, load<u32>(record, ROOM_CLASS))
  store<u32>(record, <u32>to, ROOM_MEMBERS)
  store<u32>(record, sizeClass, ROOM_CLASS)
  return true
}
