/** What `simd.ts` does, for a build without v128. Reads no byte past what it is asked about. */

import { BACKSLASH, DELETE, LOWER_N, LOWER_R, QUOTE, SPACE } from './characters'

/** Bit 7 of each byte of a word: set in bytes that aren't ASCII. */
const NON_ASCII: u64 = 0x8080_8080_8080_8080

export function stringBreak(p: usize): usize {
  while (true) {
    const c: u32 = load<u8>(p)
    // One comparison finds controls and non-ASCII.
    if (c - SPACE >= 0x60 || c == QUOTE) return p
    p++
    if (c != BACKSLASH) continue
    const escaped: u32 = load<u8>(p)
    if (escaped != LOWER_N && escaped != LOWER_R && escaped != QUOTE) return p
    p++
  }
}

export function isPlain(start: usize, end: usize): bool {
  for (let p = start; p < end; p++) {
    const c: u32 = load<u8>(p)
    if (c - SPACE >= DELETE - SPACE || c == BACKSLASH) return false
  }
  return true
}

export function firstNonAscii(p: usize, end: usize): usize {
  while (p + 8 <= end && (load<u64>(p) & NON_ASCII) == 0) p += 8
  while (p < end && load<u8>(p) < 0x80) p++
  return p
}

export function copyBlocks(to: usize, from: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 16) {
    const low = load<u64>(from + i)
    const high = load<u64>(from + i, 8)
    store<u64>(to + i, low)
    store<u64>(to + i, high, 8)
  }
}

export function clearBlock(p: usize): void {
  store<u64>(p, 0)
  store<u64>(p, 0, 8)
}

export function unmask(p: usize, end: usize, key: u32): void {
  const wide = ((<u64>key) << 32) | key
  for (; p + 8 <= end; p += 8) store<u64>(p, load<u64>(p) ^ wide)
  if (p + 4 <= end) {
    store<u32>(p, load<u32>(p) ^ key)
    p += 4
  }
  for (; p < end; p++) {
    store<u8>(p, <u32>load<u8>(p) ^ key)
    key >>= 8
  }
}
