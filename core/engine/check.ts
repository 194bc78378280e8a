/**
 * What an engine refuses to be told. These are mistakes of the hub, not of a client: they throw RangeError, before a
 * table is written outside its bounds.
 */

import { slotOfPeerId } from '../peer-id.js'
import { LIMITS } from '../protocol.js'
import { CAPACITY } from './engine.js'

export function checkPeer(slot: number, id: string): void {
  checkIndex('peer', slot, CAPACITY.peers)
  if (slotOfPeerId(id) < 0) throw new RangeError(`the peer id ${id} isn't 16 base64url characters`)
}

export function checkRoom(room: number, name: string): void {
  checkIndex('room', room, CAPACITY.rooms)
  const lengthBytes = Buffer.byteLength(name)
  if (lengthBytes < 1 || lengthBytes > LIMITS.roomBytes) {
    throw new RangeError(`a room name of ${lengthBytes} bytes (1 to ${LIMITS.roomBytes})`)
  }
}

function checkIndex(what: string, index: number, capacity: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= capacity) {
    throw new RangeError(`${what} number ${index} is outside 0 to ${capacity - 1}`)
  }
}
