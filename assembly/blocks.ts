/**
 * Searches, copies and masks over many bytes at a time: with v128 where the build has it, with plain words where it
 * hasn't. The compiler decides, and leaves the other one out.
 */

import * as scalar from './scalar'
import * as simd from './simd'

/**
 * The first byte from `p` on that a string can't just go on with: a quote, a control character, a byte of a multi-byte
 * character, or what stands behind a backslash, unless that is one of n, r and a quote, which are passed over. What
 * stands before `p` must not be a backslash that escapes it. The sentinel's NUL is a control character, so there always
 * is one.
 */
export function stringBreak(p: usize): usize {
  return ASC_FEATURE_SIMD ? simd.stringBreak(p) : scalar.stringBreak(p)
}

/** Whether `start` to `end` is printable ASCII without a backslash: what a name says it means. */
export function isPlain(start: usize, end: usize): bool {
  return ASC_FEATURE_SIMD ? simd.isPlain(start, end) : scalar.isPlain(start, end)
}

/** The first byte at or after `p` that isn't ASCII; `end` or later when there is none. */
export function firstNonAscii(p: usize, end: usize): usize {
  return ASC_FEATURE_SIMD ? simd.firstNonAscii(p, end) : scalar.firstNonAscii(p, end)
}

/** Copies `length` bytes, and overwrites up to 15 more behind them. */
export function copyBlocks(to: usize, from: usize, length: usize): void {
  if (ASC_FEATURE_SIMD) simd.copyBlocks(to, from, length)
  else scalar.copyBlocks(to, from, length)
}

/** Writes 16 NULs. */
export function clearBlock(p: usize): void {
  if (ASC_FEATURE_SIMD) simd.clearBlock(p)
  else scalar.clearBlock(p)
}

/** Takes a mask off `p` to `end`, and touches nothing else; `key` as a little-endian load of its bytes sees it. */
export function unmask(p: usize, end: usize, key: u32): void {
  if (ASC_FEATURE_SIMD) p = simd.unmaskBlocks(p, end, key)
  scalar.unmask(p, end, key)
}
