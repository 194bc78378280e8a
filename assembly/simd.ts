/**
 * The only file that knows v128: searches that look at 16 bytes at a time. They may read up to 15 bytes past what
 * they are asked about; those never decide anything.
 */

import { BACKSLASH, DELETE, QUOTE, SPACE } from './characters'

/**
 * The first byte from `p` on that interrupts a string: a quote, a backslash, a control character, or a byte of a
 * multi-byte character. The sentinel's NUL is a control character, so there always is one.
 */
export function stringBreak(p: usize): usize {
  while (true) {
    const block = v128.load(p)
    // Signed: bytes from 0x80 on are negative, so one comparison finds controls and non-ASCII.
    const found = i8x16.bitmask(
      v128.or(
        i8x16.lt_s(block, i8x16.splat(<i8>SPACE)),
        v128.or(i8x16.eq(block, i8x16.splat(<i8>QUOTE)), i8x16.eq(block, i8x16.splat(<i8>BACKSLASH))),
      ),
    )
    if (found) return p + ctz(found)
    p += 16
  }
}

/** Whether `start` to `end` is printable ASCII without a backslash: what a name says it means. */
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

/** The first byte at or after `p` that isn't ASCII; `end` or later when there is none. */
export function firstNonAscii(p: usize, end: usize): usize {
  while (p < end) {
    const found = i8x16.bitmask(v128.load(p))
    if (found) return p + ctz(found)
    p += 16
  }
  return end
}

/** Copies `length` bytes, and overwrites up to 15 more behind them. */
export function copyBlocks(to: usize, from: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i))
}

/** Writes 16 NULs. */
export function clearBlock(p: usize): void {
  v128.store(p, i64x2.splat(0))
}
