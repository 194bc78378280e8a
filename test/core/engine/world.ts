/** A small world of peers and rooms, the same in every engine that is put into it. */

import { type Engine, RIGHTS } from '../../../core/engine/engine.js'
import { encodePeerId } from '../../../core/peer-id.js'

export const BOTH = RIGHTS.signal | RIGHTS.publish

export const ROOM_NAMES = [
  'lobby',
  'r',
  'a "quoted" \\ name',
  'Zimmer für zwei — 二人の部屋',
  'x'.repeat(128),
  '😀'.repeat(32),
  'room-00001',
  'room-00002',
] as const

export const idOf = (slot: number, generation = 1) =>
  encodePeerId(5, slot, generation, 0x9_8765_4321 + slot * 977 + generation)

/** Slots in use, some of them at the ends of the table. */
export const SLOTS = [0, 1, 2, 3, 63, 64, 4096, 131_071] as const
/** A peer that was there, and whose slot has been given to another. */
export const STALE_ID = idOf(3, 0)
/** A peer that was there, and whose slot is free. */
export const GONE_ID = idOf(9)
/** A peer whose id points to another slot than its own, and to somebody there. */
export const GUEST = 7
export const GUEST_ID = idOf(2, 7)

/**
 * Slots 0 to 3 are in the lobby with all rights; 63 may only signal, 64 only publish, 4096 only listen; 131,071 is
 * elsewhere. Slot 0 is in every room. The guest is in the lobby, with all rights.
 */
export function populate(engine: Omit<Engine, 'name'>): void {
  engine.addPeer(3, STALE_ID)
  engine.removePeer(3)
  engine.addPeer(9, GONE_ID)
  engine.removePeer(9)
  for (const slot of SLOTS) engine.addPeer(slot, idOf(slot))
  engine.addPeer(GUEST, GUEST_ID)
  for (const [room, name] of ROOM_NAMES.entries()) engine.addRoom(room, name)
  for (const slot of [1, 0, 2, 3]) engine.join(slot, 0, BOTH)
  engine.join(63, 0, RIGHTS.signal)
  engine.join(64, 0, RIGHTS.publish)
  engine.join(4096, 0, 0)
  engine.join(GUEST, 0, BOTH)
  for (const room of ROOM_NAMES.keys()) {
    if (room === 0) continue
    engine.join(0, room, BOTH)
    engine.join(131_071, room, BOTH)
  }
  engine.join(1, 2, BOTH)
  engine.join(2, 3, BOTH)
}
