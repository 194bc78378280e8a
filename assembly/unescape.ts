/** Strings as they are meant, where they were written with escapes. The cold path: names seldom are. */

import {
  BACKSLASH,
  CARRIAGE_RETURN,
  LINE_FEED,
  LOWER_B,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  TAB,
  ZERO,
} from './characters'
import { writeCharacter } from './utf8'

const BACKSPACE: u32 = 0x08
const FORM_FEED: u32 = 0x0c
/** What `readUnit` returns for what isn't an escaped UTF-16 unit. */
const NONE: u32 = 0xffff_ffff

/**
 * Writes the characters of a valid JSON string (`start` to `end`, without its quotes) to `to` as UTF-8. Returns how
 * many bytes they are; -1 when they are more than `cap`, or hold a lone surrogate, which UTF-8 can't say. May write
 * 3 bytes beyond `cap`.
 */
export function unescape(start: usize, end: usize, to: usize, cap: i32): i32 {
  const limit = to + cap
  let out = to
  let p = start
  while (p < end) {
    if (out >= limit) return -1
    const c: u32 = load<u8>(p)
    if (c != BACKSLASH) {
      store<u8>(out++, c)
      p++
      continue
    }
    let code = readUnit(p, end)
    if (code == NONE) {
      store<u8>(out++, meaningOf(load<u8>(p, 1)))
      p += 2
      continue
    }
    p += 6
    if ((code & 0xf800) == 0xd800) {
      const low = readUnit(p, end)
      if (code >= 0xdc00 || low == NONE || (low & 0xfc00) != 0xdc00) return -1
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      p += 6
    }
    out = writeCharacter(out, code)
  }
  return out > limit ? -1 : i32(out - to)
}

/** The UTF-16 unit that is written as a backslash, u and four digits at `p`. */
function readUnit(p: usize, end: usize): u32 {
  if (p + 6 > end || load<u8>(p) != BACKSLASH || load<u8>(p, 1) != LOWER_U) return NONE
  return (
    (hex(load<u8>(p, 2)) << 12) |
    (hex(load<u8>(p, 3)) << 8) |
    (hex(load<u8>(p, 4)) << 4) |
    hex(load<u8>(p, 5))
  )
}

function hex(c: u32): u32 {
  return c <= 0x39 ? c - ZERO : (c | 0x20) - 0x57
}

function meaningOf(c: u32): u32 {
  if (c == LOWER_N) return LINE_FEED
  if (c == LOWER_R) return CARRIAGE_RETURN
  if (c == LOWER_T) return TAB
  if (c == LOWER_B) return BACKSPACE
  if (c == LOWER_F) return FORM_FEED
  return c
}
