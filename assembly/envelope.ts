/** The envelope: the outermost object of a message, of which a few keys concern us. */

import { clearBlock } from './blocks'
import { CLOSE_BRACE, COMMA, LOWER_E, OPEN_BRACE, QUOTE, ZERO } from './characters'
import { SCRATCH, SPANS } from './layout'
import {
  E_ENVELOPE,
  FIELD_DATA,
  FIELD_ID,
  FIELD_ROOM,
  FIELD_SEEN,
  FIELD_TO,
  FIELD_TYPE,
  KIND_ACK,
  KIND_ANSWER,
  KIND_AUTH,
  KIND_BYE,
  KIND_CANDIDATE,
  KIND_JOIN,
  KIND_LEAVE,
  KIND_MODERATE,
  KIND_OFFER,
  KIND_PUBLISH,
  KIND_SIGNAL,
  KIND_STATS,
  KIND_UPDATE,
  WORD_ACK,
  WORD_ANSWER,
  WORD_AUTH,
  WORD_BYE,
  WORD_CANDIDAT,
  WORD_DATA,
  WORD_ID,
  WORD_JOIN,
  WORD_LEAVE,
  WORD_MODERATE,
  WORD_OFFER,
  WORD_PUBLISH,
  WORD_ROOM,
  WORD_SEEN,
  WORD_SIGNAL,
  WORD_STATS,
  WORD_TO,
  WORD_TYPE,
  WORD_UPDATE,
} from './protocol'
import { broken, scanFault, scanKey, scanValue, skipSpace } from './scan'
import { unescape } from './unescape'

/** The longest of our keys has 4 characters, the longest of our types 9. */
const KEY_CAP: i32 = 4
const TYPE_CAP: i32 = 9
/** A key or type that holds an escape is at least this long: `\u0069d`, `\u0061ck`. */
const ESCAPED_LEN: usize = 7
/** `"type":` and its like, and `"id":`: what of eight bytes is always the same, and how many of them it is. */
const FOUR_MASK: u64 = 0x00ff_ff00_0000_00ff
const FOUR_KEY: u64 = 0x003a_2200_0000_0022
const FOUR_LEN: usize = 7
const TWO_MASK: u64 = 0x0000_00ff_ff00_00ff
const TWO_KEY: u64 = 0x0000_003a_2200_0022
const TWO_LEN: usize = 5
/** The closing quote of a word of so many characters, and what is left of eight bytes with it. */
const END_OF_7: u64 = 0x2200_0000_0000_0000
const END_OF_6: u64 = 0x0022_0000_0000_0000
const END_OF_5: u64 = 0x0000_2200_0000_0000
const FIRST_7: u64 = 0x00ff_ffff_ffff_ffff
const FIRST_6: u64 = 0x0000_ffff_ffff_ffff
/** `e"` */
const LAST_OF_9: u16 = 0x2265
/** 2^53 - 1, the largest integer that every JSON reader agrees on. */
const MAX_SAFE: u64 = 0x1f_ffff_ffff_ffff

/** The kind that the last field `type` names, or -1 when more than a glance is needed. */
let kindAtAGlance: i32 = -1

/**
 * Validates the whole message and remembers where the fields' values are; of a duplicate key the last wins.
 * Returns 0, or E_JSON, E_NESTING, E_ENVELOPE.
 */
export function readEnvelope(start: usize, end: usize): i32 {
  kindAtAGlance = -1
  clearBlock(SPANS)
  clearBlock(SPANS + 16)
  clearBlock(SPANS + 32)
  let p = skipSpace(start)
  const isObject = load<u8>(p) == OPEN_BRACE
  p = isObject ? readMembers(skipSpace(p + 1)) : scanValue(p, 0)
  if (!p) return scanFault()
  // Whatever follows, a NUL in the message included, is more than one value.
  if (skipSpace(p) != end) {
    broken()
    return scanFault()
  }
  return isObject ? 0 : E_ENVELOPE
}

/** The members of the envelope; `p` is behind its opening brace and spaces. */
function readMembers(p: usize): usize {
  if (load<u8>(p) == CLOSE_BRACE) return p + 1
  while (true) {
    let field = fieldAtAGlance(p)
    let value: usize
    if (field >= 0) {
      value = skipSpace(p + (field == FIELD_ID || field == FIELD_TO ? TWO_LEN : FOUR_LEN))
    } else {
      value = scanKey(p)
      if (!value) return 0
      field = fieldOf(p + 1, value)
    }
    const valueEnd = field == FIELD_TYPE ? scanType(value) : scanValue(value, 1)
    if (!valueEnd) return 0
    if (field >= 0) {
      store<u32>(SPANS + ((<usize>field) << 3), <u32>value)
      store<u32>(SPANS + ((<usize>field) << 3), <u32>valueEnd, 4)
    }
    p = skipSpace(valueEnd)
    const next: u32 = load<u8>(p)
    if (next == CLOSE_BRACE) return p + 1
    if (next != COMMA) return broken()
    p = skipSpace(p + 1)
  }
}

/**
 * Which field the key at `p` names when it is written as JSON.stringify does, quotes and colon included; -1 when it may
 * be any. Where a key ends is then known before its bytes have been looked at one after the other.
 */
function fieldAtAGlance(p: usize): i32 {
  const word = load<u64>(p)
  if ((word & FOUR_MASK) == FOUR_KEY) return fieldOfFour(<u32>(word >> 8))
  return (word & TWO_MASK) == TWO_KEY ? fieldOfTwo(<u16>(word >> 8)) : -1
}

/** The value of `type`; the kinds that are relayed are known at a glance, closing quote included. */
function scanType(value: usize): usize {
  kindAtAGlance = -1
  if (load<u8>(value) == QUOTE) {
    const word = load<u64>(value, 1)
    if (word == (WORD_PUBLISH | END_OF_7)) return glanced(value, KIND_PUBLISH, 7)
    if (word == WORD_CANDIDAT && load<u16>(value, 9) == LAST_OF_9) return glanced(value, KIND_CANDIDATE, 9)
    if ((word & FIRST_7) == (WORD_SIGNAL | END_OF_6)) return glanced(value, KIND_SIGNAL, 6)
    if ((word & FIRST_7) == (WORD_ANSWER | END_OF_6)) return glanced(value, KIND_ANSWER, 6)
    if ((word & FIRST_6) == (WORD_OFFER | END_OF_5)) return glanced(value, KIND_OFFER, 5)
  }
  return scanValue(value, 1)
}

function glanced(value: usize, kind: i32, length: usize): usize {
  kindAtAGlance = kind
  return value + length + 2
}

/** Which field the key that begins at `key` (behind its quote) names; -1 for none of ours. */
function fieldOf(key: usize, value: usize): i32 {
  if (load<u8>(key, 2) == QUOTE) return fieldOfTwo(load<u16>(key))
  if (load<u8>(key, 4) == QUOTE) {
    const field = fieldOfFour(load<u32>(key))
    if (field >= 0) return field
  }
  return value - key > ESCAPED_LEN ? fieldOfEscaped(key, keyEnd(key, value)) : -1
}

function fieldOfFour(word: u32): i32 {
  if (word == WORD_TYPE) return FIELD_TYPE
  if (word == WORD_ROOM) return FIELD_ROOM
  if (word == WORD_DATA) return FIELD_DATA
  return word == WORD_SEEN ? FIELD_SEEN : -1
}

function fieldOfTwo(word: u32): i32 {
  if (word == WORD_ID) return FIELD_ID
  return word == WORD_TO ? FIELD_TO : -1
}

/** The key's closing quote: before the colon and any spaces, so the last quote before the value. */
function keyEnd(key: usize, value: usize): usize {
  let p = value - 1
  while (load<u8>(p) != QUOTE) p--
  return p
}

function fieldOfEscaped(key: usize, end: usize): i32 {
  const length = unescape(key, end, SCRATCH, KEY_CAP)
  if (length == 4) return fieldOfFour(load<u32>(SCRATCH))
  return length == 2 ? fieldOfTwo(load<u16>(SCRATCH)) : -1
}

export function has(field: i32): bool {
  return valueStart(field) != 0
}

/** Where the field's value begins, and ends; 0 when it is missing. */
export function valueStart(field: i32): usize {
  return load<u32>(SPANS + ((<usize>field) << 3))
}
export function valueEnd(field: i32): usize {
  return load<u32>(SPANS + ((<usize>field) << 3), 4)
}

export function hasString(field: i32): bool {
  return has(field) && load<u8>(valueStart(field)) == QUOTE
}

/** Where the characters of the field's string begin, and end. Only after `hasString`. */
export function stringStart(field: i32): usize {
  return valueStart(field) + 1
}
export function stringEnd(field: i32): usize {
  return valueEnd(field) - 1
}

/** The field's value when it is an integer from 0 to 2^53-1 written in digits alone, else -1. */
export function readInteger(field: i32): i64 {
  const end = valueEnd(field)
  let p = valueStart(field)
  if (!p || end - p > 16) return -1 // 16 digits can't overflow 64 bits
  let value: u64 = 0
  for (; p < end; p++) {
    const digit = <u32>load<u8>(p) - ZERO
    if (digit > 9) return -1
    value = value * 10 + digit
  }
  return value > MAX_SAFE ? -1 : <i64>value
}

/** The kind that the field `type` names, or -1. */
export function readKind(): i32 {
  if (kindAtAGlance >= 0) return kindAtAGlance
  if (!hasString(FIELD_TYPE)) return -1
  const start = stringStart(FIELD_TYPE)
  const length = stringEnd(FIELD_TYPE) - start
  const kind = kindOf(start, length)
  if (kind >= 0 || length < ESCAPED_LEN) return kind
  const unescaped = unescape(start, start + length, SCRATCH, TYPE_CAP)
  // An escaped NUL at the end would look like the zeros that fill a shorter word.
  if (unescaped < 1 || load<u8>(SCRATCH + unescaped - 1) == 0) return -1
  return kindOf(SCRATCH, unescaped)
}

function kindOf(start: usize, length: usize): i32 {
  const word = load<u64>(start)
  if (length == 9) return word == WORD_CANDIDAT && load<u8>(start, 8) == LOWER_E ? KIND_CANDIDATE : -1
  if (length == 8) return word == WORD_MODERATE ? KIND_MODERATE : -1
  if (length < 3 || length > 7) return -1
  const short = word & (((<u64>1) << ((<u64>length) << 3)) - 1)
  if (short == WORD_OFFER) return KIND_OFFER
  if (short == WORD_ANSWER) return KIND_ANSWER
  if (short == WORD_SIGNAL) return KIND_SIGNAL
  if (short == WORD_PUBLISH) return KIND_PUBLISH
  if (short == WORD_ACK) return KIND_ACK
  if (short == WORD_JOIN) return KIND_JOIN
  if (short == WORD_LEAVE) return KIND_LEAVE
  if (short == WORD_UPDATE) return KIND_UPDATE
  if (short == WORD_STATS) return KIND_STATS
  if (short == WORD_AUTH) return KIND_AUTH
  return short == WORD_BYE ? KIND_BYE : -1
}
