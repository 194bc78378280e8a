/**
 * The validating JSON scanner (RFC 8259). Each function takes a pointer to where something begins and returns the
 * pointer behind it, or 0 when it is broken; `scanFault` then says how. No recursion: what is open is a stack of
 * bits. No bounds checks: a NUL stands behind the message, and no rule of the grammar accepts one.
 */

import { stringBreak } from './blocks'
import {
  BACKSLASH,
  CARRIAGE_RETURN,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  LINE_FEED,
  LOWER_A,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  LOWER_U,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  TAB,
  ZERO,
} from './characters'
import { E_JSON, E_NESTING, NESTING, WORD_ALSE, WORD_NULL, WORD_TRUE } from './protocol'
import { scanCharacter } from './utf8'

/** `":` */
const QUOTE_COLON: u32 = 0x3a22

let fault: i32 = E_JSON

/** Why the last scan returned 0: E_JSON or E_NESTING. */
export function scanFault(): i32 {
  return fault
}

/** Says that the grammar is broken here. */
export function broken(): usize {
  fault = E_JSON
  return 0
}

function tooDeep(): usize {
  fault = E_NESTING
  return 0
}

export function skipSpace(p: usize): usize {
  while (true) {
    const c: u32 = load<u8>(p)
    if (c > SPACE) return p
    if (c != SPACE && c != LINE_FEED && c != CARRIAGE_RETURN && c != TAB) return p
    p++
  }
}

/** A string; `p` is behind its opening quote. */
function scanString(p: usize): usize {
  const end = stringBreak(p)
  return isUnescapedQuote(end) ? end + 1 : scanRest(end)
}

function isUnescapedQuote(p: usize): bool {
  return load<u8>(p) == QUOTE && load<u8>(p - 1) != BACKSLASH
}

/** A string from where `stringBreak` stopped. */
function scanRest(p: usize): usize {
  while (true) {
    if (load<u8>(p - 1) == BACKSLASH) {
      p = scanEscapes(p)
      if (!p) return broken()
    }
    const c: u32 = load<u8>(p)
    if (c == QUOTE) return p + 1
    if (c < SPACE) return broken()
    if (c < 0x80) {
      p++ // a backslash may stand before it that escapes nothing more
    } else {
      do {
        p = scanCharacter(p)
        if (!p) return broken()
      } while (load<u8>(p) >= 0x80)
    }
    p = stringBreak(p)
  }
}

/** One escape sequence or several; `p` is behind the first backslash. */
function scanEscapes(p: usize): usize {
  while (true) {
    p = scanEscape(p)
    if (!p || load<u8>(p) != BACKSLASH) return p
    p++
  }
}

/** An escape sequence; `p` is behind its backslash. */
function scanEscape(p: usize): usize {
  const c: u32 = load<u8>(p)
  if (c == LOWER_U) {
    const hex =
      isHex(load<u8>(p, 1)) && isHex(load<u8>(p, 2)) && isHex(load<u8>(p, 3)) && isHex(load<u8>(p, 4))
    return hex ? p + 5 : 0
  }
  return isShortEscape(c) ? p + 1 : 0
}

function isHex(c: u32): bool {
  return c - ZERO < 10 || (c | 0x20) - LOWER_A < 6
}

/** One of " / \ b f n r t. Bit n of the constants stands for the character 0x20 + n, or 0x60 + n. */
function isShortEscape(c: u32): bool {
  if (c < 0x40) return c >= 0x20 && ((<u32>0x0000_8004 >> (c - 0x20)) & 1) != 0
  if (c == BACKSLASH) return true
  return c >= 0x60 && c < 0x80 && ((<u32>0x0014_4044 >> (c - 0x60)) & 1) != 0
}

function scanNumber(p: usize): usize {
  if (load<u8>(p) == MINUS) p++
  if (load<u8>(p) == ZERO) {
    p++
  } else {
    p = scanDigits(p)
    if (!p) return 0
  }
  if (load<u8>(p) == POINT) {
    p = scanDigits(p + 1)
    if (!p) return 0
  }
  if ((<u32>load<u8>(p) | 0x20) == LOWER_E) {
    p++
    const sign: u32 = load<u8>(p)
    if (sign == PLUS || sign == MINUS) p++
    p = scanDigits(p)
  }
  return p
}

/** At least one digit. */
function scanDigits(p: usize): usize {
  if (!isDigit(load<u8>(p))) return 0
  do p++
  while (isDigit(load<u8>(p)))
  return p
}

function isDigit(c: u32): bool {
  return c - ZERO < 10
}

/** true, false, null or a number; `c` is the character at `p`. */
function scanPlain(p: usize, c: u32): usize {
  if (c == LOWER_T) return load<u32>(p) == WORD_TRUE ? p + 4 : 0
  if (c == LOWER_F) return load<u32>(p, 1) == WORD_ALSE ? p + 5 : 0
  if (c == LOWER_N) return load<u32>(p) == WORD_NULL ? p + 4 : 0
  return scanNumber(p)
}

/** A key, its colon and the spaces before the value. */
export function scanKey(p: usize): usize {
  if (load<u8>(p) != QUOTE) return broken()
  const end = stringBreak(p + 1)
  if (<u32>load<u16>(end) == QUOTE_COLON && load<u8>(end - 1) != BACKSLASH) return skipSpace(end + 2)
  p = scanRest(end)
  if (!p) return 0
  p = skipSpace(p)
  return load<u8>(p) == COLON ? skipSpace(p + 1) : broken()
}

/** One value of any kind; `level` objects and arrays are open around it. */
export function scanValue(p: usize, level: i32): usize {
  // What is open: 1 an object, 0 an array, innermost last, above a 1 that marks the bottom.
  let open: u64 = 1
  while (true) {
    const c: u32 = load<u8>(p)
    if (c == QUOTE) {
      p = scanString(p + 1)
      if (!p) return 0
    } else if (c == OPEN_BRACE || c == OPEN_BRACKET) {
      if (level == NESTING) return tooDeep()
      level++
      const isObject = c == OPEN_BRACE
      open = (open << 1) | u64(isObject)
      p = skipSpace(p + 1)
      if (load<u8>(p) != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (isObject) {
          p = scanKey(p)
          if (!p) return 0
        }
        continue // with the first value inside
      }
      p++
      open >>= 1
      level--
    } else {
      p = scanPlain(p, c)
      if (!p) return broken()
    }

    // A value has ended. What follows it closes what is open, or separates it from the next.
    while (true) {
      if (open == 1) return p
      p = skipSpace(p)
      const isObject = (open & 1) != 0
      const next: u32 = load<u8>(p)
      if (next == COMMA) {
        p = skipSpace(p + 1)
        if (isObject) {
          p = scanKey(p)
          if (!p) return 0
        }
        break
      }
      if (next != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return broken()
      p++
      open >>= 1
      level--
    }
  }
}
