/**
 * The hot path: bytes in, numbers out. Imports nothing, allocates nothing, knows no strings. `core/engine/wasm.ts`
 * is its only caller, and `core/engine/engine.ts` and `core/engine/frame-reader.ts` are its contract.
 */

import { clearBlock } from './blocks'
import { judge } from './judge'
import { CHUNK, FRAME, INPUT, RECEIVED, RECIPIENTS, RESULT } from './layout'
import { clearMembers } from './members'
import { setSeed } from './names'
import { MESSAGE_BYTES } from './protocol'
import * as rooms from './rooms'
import * as websocket from './websocket'

export function inputPtr(): usize {
  return INPUT
}
export function resultPtr(): usize {
  return RESULT
}
export function framePtr(): usize {
  return FRAME
}
export function recipientsPtr(): usize {
  return RECIPIENTS
}
export function chunkPtr(): usize {
  return CHUNK
}
export function receivedPtr(): usize {
  return RECEIVED
}

/** Call first. The seed is random and secret: it keeps strangers from choosing names that collide. */
export function start(seedLow: u32, seedHigh: u32): void {
  setSeed(((<u64>seedHigh) << 32) | seedLow)
  clearMembers()
}

/** The peer's id is the first 16 bytes of the input. */
export function addPeer(slot: i32): void {
  rooms.addPeer(slot, INPUT)
}

export function removePeer(slot: i32): void {
  rooms.removePeer(slot)
}

/** The room's name is the first `nameLen` bytes of the input. */
export function addRoom(room: i32, nameLen: i32): void {
  rooms.addRoom(room, INPUT, nameLen)
}

export function join(slot: i32, room: i32, rights: i32): bool {
  return rooms.join(slot, room, rights)
}

export function setRights(slot: i32, room: i32, rights: i32): void {
  rooms.setRights(slot, room, rights)
}

export function leave(slot: i32, room: i32): void {
  rooms.leave(slot, room)
}

/** Judges the first `length` bytes of the input; a message that didn't fit wasn't put there. */
export function ingest(sender: i32, length: i32): i32 {
  const end = INPUT + length
  if (length <= MESSAGE_BYTES) clearBlock(end)
  return judge(sender, INPUT, end)
}

/** Judges the payload that `nextFrame` has found last, where it lies. */
export function ingestFrame(sender: i32): i32 {
  const end = websocket.payloadEnd()
  websocket.coverBehind(end)
  const verdict = judge(sender, websocket.payloadStart(), end)
  websocket.uncoverBehind(end)
  return verdict
}

/**
 * Begins with `length` bytes at CHUNK, before which stand `restLen` bytes of an earlier one; `messageLen` is how many
 * bytes the fragments of an unfinished message have brought, -1 when there is none.
 */
export function beginChunk(restLen: i32, length: i32, messageLen: i32): void {
  websocket.begin(restLen, length, messageLen)
}

/** The next frame: its first byte, -1 when it isn't complete, or the close code of RFC 6455 that it deserves, negated. */
export function nextFrame(): i32 {
  return websocket.next()
}
