/**
 * A peer id is an address: 96 bits in 16 base64url characters, most significant first. The slot is the 24 bits of
 * characters 3 to 6; node, generation and random tag are compared, not read. See core/peer-id.ts.
 */

import { LOWER_A, MINUS, UNDERSCORE, ZERO } from './characters'
import { PEER_ID_BYTES, PEERS } from './protocol'
import { peerPtr } from './rooms'

const SLOT_AT: usize = 3
const UPPER_A: u32 = 0x41

/** The slot whose peer has exactly this id (16 bytes at `idPtr`), or -1. */
export function resolvePeer(idPtr: usize): i32 {
  const slot =
    (valueOf(load<u8>(idPtr, SLOT_AT)) << 18) |
    (valueOf(load<u8>(idPtr, SLOT_AT + 1)) << 12) |
    (valueOf(load<u8>(idPtr, SLOT_AT + 2)) << 6) |
    valueOf(load<u8>(idPtr, SLOT_AT + 3))
  return <u32>slot < <u32>PEERS && hasId(slot, idPtr) ? slot : -1
}

/** Whether the peer in this slot has exactly this id (16 bytes at `idPtr`). */
export function hasId(slot: i32, idPtr: usize): bool {
  const peer = peerPtr(slot)
  return load<u64>(peer) == load<u64>(idPtr) && load<u64>(peer, 8) == load<u64>(idPtr, 8)
}

/** Whether the 16 bytes at `idPtr` are base64url characters, as all ids are. */
export function isPeerId(idPtr: usize): bool {
  for (let i: usize = 0; i < <usize>PEER_ID_BYTES; i++) if (valueOf(load<u8>(idPtr + i)) < 0) return false
  return true
}

/** What a base64url character stands for (RFC 4648 section 5); -1 for any other, which no slot survives. */
function valueOf(c: u32): i32 {
  if (c - UPPER_A < 26) return c - UPPER_A
  if (c - LOWER_A < 26) return c - LOWER_A + 26
  if (c - ZERO < 10) return c - ZERO + 52
  if (c == MINUS) return 62
  return c == UNDERSCORE ? 63 : -1
}
