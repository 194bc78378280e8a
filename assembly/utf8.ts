/** UTF-8 as RFC 3629 section 4 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */

import { firstNonAscii } from './blocks'

/** The pointer behind the multi-byte character at `p`, or 0 when it isn't one. Never reads past a NUL. */
export function scanCharacter(p: usize): usize {
  const lead: u32 = load<u8>(p)
  if (lead < 0xc2) return 0 // a stray continuation byte, or an overlong form of two bytes
  const second: u32 = load<u8>(p, 1)
  if (lead < 0xe0) return isContinuation(second) ? p + 2 : 0
  if (lead < 0xf0) {
    // After E0, below A0 would be overlong; after ED, from A0 on are the surrogates.
    const least: u32 = lead == 0xe0 ? 0xa0 : 0x80
    const most: u32 = lead == 0xed ? 0x9f : 0xbf
    if (second < least || second > most) return 0
    return isContinuation(load<u8>(p, 2)) ? p + 3 : 0
  }
  if (lead > 0xf4) return 0
  // After F0, below 90 would be overlong; after F4, from 90 on is above U+10FFFF.
  const least: u32 = lead == 0xf0 ? 0x90 : 0x80
  const most: u32 = lead == 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  if (!isContinuation(load<u8>(p, 2))) return 0
  return isContinuation(load<u8>(p, 3)) ? p + 4 : 0
}

function isContinuation(byte: u32): bool {
  return (byte & 0xc0) == 0x80
}

/** Whether all of `start` to `end` is UTF-8; 16 NULs must stand at `end`. */
export function isUtf8(start: usize, end: usize): bool {
  let p = firstNonAscii(start, end)
  while (p < end) {
    p = scanCharacter(p)
    if (!p) return false
    p = firstNonAscii(p, end)
  }
  return true
}

/** Writes a code point (not a surrogate) as UTF-8, 1 to 4 bytes; returns the pointer behind it. */
export function writeCharacter(p: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(p, code)
    return p + 1
  }
  if (code < 0x800) {
    store<u8>(p, 0xc0 | (code >> 6))
    store<u8>(p, 0x80 | (code & 0x3f), 1)
    return p + 2
  }
  if (code < 0x10000) {
    store<u8>(p, 0xe0 | (code >> 12))
    store<u8>(p, 0x80 | ((code >> 6) & 0x3f), 1)
    store<u8>(p, 0x80 | (code & 0x3f), 2)
    return p + 3
  }
  store<u8>(p, 0xf0 | (code >> 18))
  store<u8>(p, 0x80 | ((code >> 12) & 0x3f), 1)
  store<u8>(p, 0x80 | ((code >> 6) & 0x3f), 2)
  store<u8>(p, 0x80 | (code & 0x3f), 3)
  return p + 4
}
