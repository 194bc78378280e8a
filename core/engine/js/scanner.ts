/**
 * The validating JSON scanner (RFC 8259) in JavaScript: indices in and out, no objects. Methods take the index where
 * something begins and return the index behind it, or `BROKEN`; `fault` then says how. The bytes are known to be
 * UTF-8, and a NUL behind them takes the place of bounds checks: no rule of the grammar accepts one.
 */

import { LIMITS } from '../../protocol.js'
import { E_JSON, E_NESTING } from './verdicts.js'

export const BROKEN = -1

export const QUOTE = 0x22
export const COMMA = 0x2c
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const ZERO = 0x30
const SPACE = 0x20
const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const LOWER_E = 0x65
const LOWER_U = 0x75

/** 1 for each byte that interrupts a string: quote, backslash, controls. */
const INTERRUPTS = table((c) => c < SPACE || c === QUOTE || c === BACKSLASH)
const SPACES = table((c) => c === SPACE || c === LINE_FEED || c === CARRIAGE_RETURN || c === TAB)
const SHORT_ESCAPES = table((c) => '"\\/bfnrt'.includes(String.fromCharCode(c)))
const HEX_DIGITS = table((c) => /[0-9A-Fa-f]/.test(String.fromCharCode(c)))

function table(has: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (has(byte) ? 1 : 0))
}

export class Scanner {
  /** The message, and NULs behind it. */
  readonly bytes: Uint8Array
  /** Why the last scan ended with `BROKEN`: E_JSON or E_NESTING. */
  fault = E_JSON

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  broken(): number {
    this.fault = E_JSON
    return BROKEN
  }

  skipSpace(p: number): number {
    let i = p
    while (SPACES[this.bytes[i]!] === 1) i++
    return i
  }

  /** A string; `p` is behind its opening quote. */
  string(p: number): number {
    const bytes = this.bytes
    let i = p
    while (true) {
      while (INTERRUPTS[bytes[i]!] === 0) i++
      const c = bytes[i]
      if (c === QUOTE) return i + 1
      if (c !== BACKSLASH) return this.broken()
      const escaped = bytes[i + 1]!
      if (SHORT_ESCAPES[escaped] === 1) {
        i += 2
      } else if (
        escaped === LOWER_U &&
        HEX_DIGITS[bytes[i + 2]!] === 1 &&
        HEX_DIGITS[bytes[i + 3]!] === 1 &&
        HEX_DIGITS[bytes[i + 4]!] === 1 &&
        HEX_DIGITS[bytes[i + 5]!] === 1
      ) {
        i += 6
      } else {
        return this.broken()
      }
    }
  }

  /** A key, its colon and the spaces before the value. */
  key(p: number): number {
    if (this.bytes[p] !== QUOTE) return this.broken()
    const end = this.string(p + 1)
    if (end === BROKEN) return BROKEN
    const colon = this.skipSpace(end)
    return this.bytes[colon] === COLON ? this.skipSpace(colon + 1) : this.broken()
  }

  /** One value of any kind; `outer` objects and arrays are open around it. */
  value(start: number, outer: number): number {
    const bytes = this.bytes
    let p = start
    let level = outer
    // What is open here: 1 an object, 0 an array, innermost last. At most 32 levels, so 32 bits.
    let open = 0
    while (true) {
      const c = bytes[p]
      if (c === QUOTE) {
        p = this.string(p + 1)
        if (p === BROKEN) return BROKEN
      } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        if (level === LIMITS.nesting) {
          this.fault = E_NESTING
          return BROKEN
        }
        level++
        const isObject = c === OPEN_BRACE
        open = (open << 1) | (isObject ? 1 : 0)
        p = this.skipSpace(p + 1)
        if (bytes[p] !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
          if (isObject) {
            p = this.key(p)
            if (p === BROKEN) return BROKEN
          }
          continue // with the first value inside
        }
        p++
        open >>>= 1
        level--
      } else {
        p = this.#plain(p)
        if (p === BROKEN) return this.broken()
      }

      // A value has ended. What follows it closes what is open, or separates it from the next.
      while (true) {
        if (level === outer) return p
        p = this.skipSpace(p)
        const isObject = (open & 1) === 1
        const next = bytes[p]
        if (next === COMMA) {
          p = this.skipSpace(p + 1)
          if (isObject) {
            p = this.key(p)
            if (p === BROKEN) return BROKEN
          }
          break
        }
        if (next !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return this.broken()
        p++
        open >>>= 1
        level--
      }
    }
  }

  /** The index before any spaces that end at `p`. */
  trimSpace(p: number): number {
    let i = p
    while (i > 0 && SPACES[this.bytes[i - 1]!] === 1) i--
    return i
  }

  /** true, false, null or a number. */
  #plain(p: number): number {
    const bytes = this.bytes
    switch (bytes[p]) {
      case 0x74:
        return bytes[p + 1] === 0x72 && bytes[p + 2] === 0x75 && bytes[p + 3] === LOWER_E ? p + 4 : BROKEN
      case 0x66:
        return bytes[p + 1] === 0x61 &&
          bytes[p + 2] === 0x6c &&
          bytes[p + 3] === 0x73 &&
          bytes[p + 4] === LOWER_E
          ? p + 5
          : BROKEN
      case 0x6e:
        return bytes[p + 1] === LOWER_U && bytes[p + 2] === 0x6c && bytes[p + 3] === 0x6c ? p + 4 : BROKEN
      default:
        return this.#number(p)
    }
  }

  #number(start: number): number {
    const bytes = this.bytes
    let p = bytes[start] === MINUS ? start + 1 : start
    p = bytes[p] === ZERO ? p + 1 : this.#digits(p)
    if (p !== BROKEN && bytes[p] === POINT) p = this.#digits(p + 1)
    if (p !== BROKEN && (bytes[p]! | 0x20) === LOWER_E) {
      const sign = bytes[p + 1]
      p = this.#digits(sign === PLUS || sign === MINUS ? p + 2 : p + 1)
    }
    return p
  }

  /** At least one digit. */
  #digits(start: number): number {
    const bytes = this.bytes
    let p = start
    while (bytes[p]! >= ZERO && bytes[p]! <= 0x39) p++
    return p === start ? BROKEN : p
  }
}
