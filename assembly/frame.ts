/**
 * The outgoing frame (RFC 6455 section 5.2), built around the payload where it lies: its beginning is written into
 * the bytes before `data`, its end into the byte behind. What stood there has been read.
 */

import { copyBlocks } from './blocks'
import { BACKSLASH, CLOSE_BRACE, LOWER_E, QUOTE } from './characters'
import { RESULT_FRAME_END, RESULT_FRAME_START, ROOM_ESCAPES, ROOM_NAME, ROOM_NAME_LEN } from './layout'
import { needsEscape } from './names'
import {
  KIND_ANSWER,
  KIND_CANDIDATE,
  KIND_OFFER,
  KIND_SIGNAL,
  PEER_ID_BYTES,
  WORD_ANSWER,
  WORD_CANDIDAT,
  WORD_OFFER,
  WORD_PUBLISH,
  WORD_SIGNAL,
} from './protocol'
import { peerPtr, roomPtr } from './rooms'

/** `{"type":` and its opening quote are 9 bytes; so are `","data":`. `","room":"` and `","from":"` are 10. */
const AROUND: usize = 38
const OPEN_TYPE: u64 = 0x3a22_6570_7974_227b
const ROOM_KEY: u64 = 0x3a22_6d6f_6f72_222c
const FROM_KEY: u64 = 0x3a22_6d6f_7266_222c
const DATA_KEY: u64 = 0x3a22_6174_6164_222c

/** FIN and opcode 1, text. */
const FINAL_TEXT: u8 = 0x81

/** Builds the frame of a hot kind around the payload at `dataStart`; `RESULT_FRAME_…` say where it is. */
export function buildFrame(kind: i32, room: i32, sender: i32, dataStart: usize, dataEnd: usize): void {
  const record = roomPtr(room)
  const escapes: i32 = load<i32>(record, ROOM_ESCAPES)
  const nameLen: usize = load<u32>(record, ROOM_NAME_LEN)
  const typeLen = typeLength(kind)
  const openingLen = AROUND + typeLen + nameLen + escapes + PEER_ID_BYTES
  const payloadLen = openingLen + (dataEnd - dataStart) + 1
  const payload = dataStart - openingLen
  const start = payload - headerLength(payloadLen)
  writeHeader(start, payloadLen)

  // From left to right: words and blocks may overshoot, what follows overwrites that. The last store doesn't.
  let p = payload
  store<u64>(p, OPEN_TYPE)
  store<u8>(p, QUOTE, 8)
  p += 9
  store<u64>(p, typeWord(kind))
  store<u8>(p, LOWER_E, 8) // of "candidate"
  p += typeLen
  p = writeKey(p, ROOM_KEY)
  if (escapes == 0) {
    copyBlocks(p, record + ROOM_NAME, nameLen)
    p += nameLen
  } else {
    p = writeEscaped(p, record + ROOM_NAME, nameLen)
  }
  p = writeKey(p, FROM_KEY)
  copyBlocks(p, peerPtr(sender), PEER_ID_BYTES)
  p += PEER_ID_BYTES
  store<u8>(p, QUOTE)
  store<u64>(p, DATA_KEY, 1)
  store<u8>(dataEnd, CLOSE_BRACE)

  store<u32>(RESULT_FRAME_START, <u32>start)
  store<u32>(RESULT_FRAME_END, <u32>dataEnd + 1)
}

function typeWord(kind: i32): u64 {
  if (kind == KIND_CANDIDATE) return WORD_CANDIDAT
  if (kind == KIND_OFFER) return WORD_OFFER
  if (kind == KIND_ANSWER) return WORD_ANSWER
  return kind == KIND_SIGNAL ? WORD_SIGNAL : WORD_PUBLISH
}

function typeLength(kind: i32): usize {
  if (kind == KIND_CANDIDATE) return 9
  if (kind == KIND_OFFER) return 5
  if (kind == KIND_ANSWER || kind == KIND_SIGNAL) return 6
  return 7
}

/** Ends a string, and begins the next one: `"`, the key's word, `"`. */
function writeKey(p: usize, key: u64): usize {
  store<u8>(p, QUOTE)
  store<u64>(p, key, 1)
  store<u8>(p, QUOTE, 9)
  return p + 10
}

function writeEscaped(p: usize, name: usize, length: usize): usize {
  for (let i: usize = 0; i < length; i++) {
    const c: u32 = load<u8>(name + i)
    if (needsEscape(c)) store<u8>(p++, BACKSLASH)
    store<u8>(p++, c)
  }
  return p
}

function headerLength(payloadLen: usize): usize {
  if (payloadLen < 126) return 2
  return payloadLen < 0x10000 ? 4 : 10
}

function writeHeader(p: usize, payloadLen: usize): void {
  store<u8>(p, FINAL_TEXT)
  if (payloadLen < 126) {
    store<u8>(p, payloadLen, 1)
  } else if (payloadLen < 0x10000) {
    store<u8>(p, 126, 1)
    store<u16>(p, bswap<u16>(<u16>payloadLen), 2)
  } else {
    store<u8>(p, 127, 1)
    store<u64>(p, bswap<u64>(payloadLen), 2)
  }
}
