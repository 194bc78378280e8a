/**
 * The only file that knows v128; `blocks.ts` says what its functions do. Searches look at 16 bytes at a time, and may
 * read up to 15 bytes past what they are asked about; those never decide anything.
 */

import { BACKSLASH, DELETE, LOWER_N, LOWER_R, QUOTE, SPACE } from './characters'

export function stringBreak(p: usize): usize {
  while (true) {
    const block = v128.load(p)
    const isQuote = i8x16.eq(block, i8x16.splat(<i8>QUOTE))
    // Looking back instead of stopping at each backslash: an SDP has two of them every fifty bytes.
    const isEscaped = i8x16.eq(v128.load(p - 1), i8x16.splat(<i8>BACKSLASH))
    const isNewline = v128.or(
      i8x16.eq(block, i8x16.splat(<i8>LOWER_N)),
      i8x16.eq(block, i8x16.splat(<i8>LOWER_R)),
    )
    // Signed: bytes from 0x80 on are negative, so one comparison finds controls and non-ASCII.
    const isOdd = i8x16.lt_s(block, i8x16.splat(<i8>SPACE))
    const found = i8x16.bitmask(v128.or(isOdd, v128.andnot(v128.xor(isQuote, isEscaped), isNewline)))
    if (found) return p + ctz(found)
    p += 16
  }
}

export function isPlain(start: usize, end: usize): bool {
  for (let p = start; p < end; p += 16) {
    const block = v128.load(p)
    const found = i8x16.bitmask(
      v128.or(
        i8x16.lt_s(block, i8x16.splat(<i8>SPACE)),
        v128.or(i8x16.eq(block, i8x16.splat(<i8>DELETE)), i8x16.eq(block, i8x16.splat(<i8>BACKSLASH))),
      ),
    )
    if (found) return p + ctz(found) >= end
  }
  return true
}

export function firstNonAscii(p: usize, end: usize): usize {
  while (p < end) {
    const found = i8x16.bitmask(v128.load(p))
    if (found) return p + ctz(found)
    p += 16
  }
  return end
}

export function copyBlocks(to: usize, from: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i))
}

export function clearBlock(p: usize): void {
  v128.store(p, i64x2.splat(0))
}

/** Takes a mask off all whole blocks from `p` on; returns where the rest begins, at which the key starts anew. */
export function unmaskBlocks(p: usize, end: usize, key: u32): usize {
  const mask = i32x4.splat(key)
  for (; p + 16 <= end; p += 16) v128.store(p, v128.xor(v128.load(p), mask))
  return p
}
