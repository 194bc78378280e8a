/** The outgoing frame (RFC 6455 section 5.2), built in FRAME; the message stays as it came. */

import { copyBlocks } from './blocks'
import { BACKSLASH, CLOSE_BRACE, LOWER_E, QUOTE } from './characters'
import { FRAME, RESULT_FRAME_LEN, ROOM_ESCAPES, ROOM_NAME, ROOM_NAME_LEN } from './layout'
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

/** Builds the frame of a hot kind; `dataStart` to `dataEnd` are copied as they are. */
export function buildFrame(kind: i32, room: i32, sender: i32, dataStart: usize, dataEnd: usize): void {
  const record = roomPtr(room)
  const escapes: i32 = load<i32>(record, ROOM_ESCAPES)
  const nameLen: usize = load<u32>(record, ROOM_NAME_LEN)
  const typeLen = typeLength(kind)
  const dataLen = dataEnd - dataStart
  let p = writeHeader(FRAME, AROUND + typeLen + nameLen + escapes + PEER_ID_BYTES + dataLen + 1)

  // From left to right: words and blocks may overshoot, what follows overwrites that.
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
  p += 9
  copyBlocks(p, dataStart, dataLen)
  p += dataLen
  store<u8>(p, CLOSE_BRACE)
  store<u32>(RESULT_FRAME_LEN, <u32>(p + 1 - FRAME))
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

/** Returns where the payload begins. */
function writeHeader(p: usize, payloadLen: usize): usize {
  store<u8>(p, FINAL_TEXT)
  if (payloadLen < 126) {
    store<u8>(p, payloadLen, 1)
    return p + 2
  }
  if (payloadLen < 0x10000) {
    store<u8>(p, 126, 1)
    store<u16>(p, bswap<u16>(<u16>payloadLen), 2)
    return p + 4
  }
  store<u8>(p, 127, 1)
  store<u64>(p, bswap<u64>(payloadLen), 2)
  return p + 10
}
