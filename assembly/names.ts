/** Room names as bytes: what is valid, and how they are hashed and compared. */

import { isPlain } from './blocks'
import { BACKSLASH, DELETE, QUOTE, SPACE } from './characters'
import { SCRATCH } from './layout'
import { ROOM_BYTES } from './protocol'
import { unescape } from './unescape'

// Names are chosen by strangers: without knowing the seed, nobody can make them collide.
let seed: u64 = 0

export function setSeed(value: u64): void {
  seed = value
}

let namePtr: usize = 0
let nameLen: i32 = 0

/** The name that `readName` accepted: in the message itself, or unescaped in SCRATCH. */
export function lastNamePtr(): usize {
  return namePtr
}
export function lastNameLen(): i32 {
  return nameLen
}

/**
 * Whether the characters of a valid JSON string name a room: 1 to 128 bytes of UTF-8, without control characters
 * (Unicode Cc) or lone surrogates.
 */
export function readName(start: usize, end: usize): bool {
  namePtr = start
  nameLen = i32(end - start)
  if (!isPlain(start, end)) {
    namePtr = SCRATCH
    nameLen = unescape(start, end, SCRATCH, ROOM_BYTES)
    if (hasControl(SCRATCH, nameLen)) return false
  }
  return nameLen > 0 && nameLen <= ROOM_BYTES
}

/** U+0000 to U+001F and U+007F are bytes; U+0080 to U+009F are C2 80 to C2 9F. */
function hasControl(start: usize, length: i32): bool {
  for (let i: i32 = 0; i < length; i++) {
    const c: u32 = load<u8>(start + i)
    if (c < SPACE || c == DELETE || (c == 0xc2 && load<u8>(start + i, 1) < 0xa0)) return true
  }
  return false
}

/** How many characters of the name JSON writes with a backslash before them. */
export function countEscapes(start: usize, length: i32): i32 {
  let count = 0
  for (let i: i32 = 0; i < length; i++) count += i32(needsEscape(load<u8>(start + i)))
  return count
}

export function needsEscape(c: u32): bool {
  return c == QUOTE || c == BACKSLASH
}

/** Eight bytes at a time, folded into 32 bits. */
export function hashName(start: usize, length: i32): u32 {
  let hash = seed ^ <u64>length
  let p = start
  let rest = length
  for (; rest >= 8; rest -= 8, p += 8) hash = mix(hash ^ load<u64>(p))
  hash = mix(hash ^ firstBytes(load<u64>(p), rest))
  return <u32>(hash ^ (hash >> 32))
}

function mix(x: u64): u64 {
  x *= 0x9e37_79b9_7f4a_7c15 // 2^64 divided by the golden ratio
  return x ^ (x >> 29)
}

/** Keeps the first `count` (0 to 7) of the eight bytes of a little-endian word. */
function firstBytes(word: u64, count: i32): u64 {
  return word & (((<u64>1) << ((<u64>count) << 3)) - 1)
}

export function sameBytes(a: usize, b: usize, length: i32): bool {
  for (; length >= 8; length -= 8, a += 8, b += 8) if (load<u64>(a) != load<u64>(b)) return false
  return firstBytes(load<u64>(a) ^ load<u64>(b), length) == 0
}
