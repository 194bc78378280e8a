/**
 * WebSocket frames as a server receives them (RFC 6455 section 5), without extensions. They are unmasked where they
 * lie, in CHUNK. Nothing of a connection stays here when its chunk has been read.
 */

import { clearBlock, copyBlocks, unmask } from './blocks'
import { BEHIND, CHUNK, RECEIVED_END, RECEIVED_NEEDED, RECEIVED_START } from './layout'
import { MESSAGE_BYTES } from './protocol'
import { isUtf8 } from './utf8'

const FIN: u32 = 0x80
const RESERVED: u32 = 0x70
const OPCODE: u32 = 0x0f
const MASKED: u32 = 0x80
const LENGTH: u32 = 0x7f

const CONTINUATION: u32 = 0
const BINARY: u32 = 2
const CLOSE: u32 = 8
const PONG: u32 = 10

/** The longest payload of a control frame. */
const CONTROL_BYTES: u32 = 125
const MASK_BYTES: usize = 4

const INCOMPLETE: i32 = -1
const PROTOCOL_ERROR: i32 = -1002
const NOT_UTF8: i32 = -1007
const TOO_BIG: i32 = -1009

/** Where the next frame begins, and where what there is of the chunk ends. */
let cursor: usize = CHUNK
let chunkEnd: usize = CHUNK
/** How many bytes the fragments of the unfinished message have brought; -1 when there is none. */
let messageLen: i32 = -1

export function begin(restLen: i32, length: i32, unfinishedLen: i32): void {
  cursor = CHUNK - restLen
  chunkEnd = CHUNK + length
  messageLen = unfinishedLen
}

/**
 * Its first byte, which is FIN and the opcode, when the frame is whole; RECEIVED says where its payload is. What is
 * wrong with a frame is said as soon as the byte that makes it wrong has arrived.
 */
export function next(): i32 {
  const frame = cursor
  const there = chunkEnd - frame
  if (there < 2) return incomplete(2)
  const first: u32 = load<u8>(frame)
  const second: u32 = load<u8>(frame, 1)
  if (!mayFollow(first, second)) return PROTOCOL_ERROR

  let length: u64 = second & LENGTH
  let header: usize = 2
  if (length == 126) {
    header = 4
    if (there < header) return incomplete(header)
    length = bswap<u16>(load<u16>(frame, 2))
  } else if (length == 127) {
    header = 10
    if (there < header) return incomplete(header)
    length = bswap<u64>(load<u64>(frame, 2))
  }
  const isControl = (first & OPCODE) >= CLOSE
  // A message is counted whole, whatever its fragments. The length alone may be as large as 2^64 - 1.
  const before: u64 = messageLen > 0 && !isControl ? messageLen : 0
  const limit = <u64>MESSAGE_BYTES
  if (length > limit || before + length > limit) return TOO_BIG

  const payload = frame + header + MASK_BYTES
  const end = payload + <usize>length
  if (end > chunkEnd) return incomplete(end - frame)
  unmask(payload, end, load<u32>(payload - MASK_BYTES))
  cursor = end
  found(payload, end)
  if (!isControl) messageLen = first & FIN ? -1 : <i32>(before + length)
  return (first & OPCODE) == CLOSE ? closing(first, payload, end) : first
}

/** Sections 5.2, 5.4 and 5.5: whether a client may send a frame that begins so, at this place among its fragments. */
function mayFollow(first: u32, second: u32): bool {
  if ((first & RESERVED) != 0 || (second & MASKED) == 0) return false
  const opcode = first & OPCODE
  if (opcode >= CLOSE) {
    const length = second & LENGTH
    if (opcode > PONG || (first & FIN) == 0 || length > CONTROL_BYTES) return false
    return opcode != CLOSE || length != 1
  }
  if (opcode == CONTINUATION) return messageLen >= 0
  return opcode <= BINARY && messageLen < 0
}

/** Section 5.5.1: nothing, or a close code and a reason in UTF-8. */
function closing(first: u32, payload: usize, end: usize): i32 {
  if (payload == end) return first
  if (!isCloseCode(bswap<u16>(load<u16>(payload)))) return PROTOCOL_ERROR
  coverBehind(end)
  const readable = isUtf8(payload + 2, end)
  uncoverBehind(end)
  return readable ? first : NOT_UTF8
}

/** Section 7.4: the codes that may stand in a close frame. */
function isCloseCode(code: u32): bool {
  if (code >= 3000) return code <= 4999
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006
}

function incomplete(needed: usize): i32 {
  store<u32>(RECEIVED_NEEDED, <u32>needed)
  found(cursor, chunkEnd)
  return INCOMPLETE
}

function found(start: usize, end: usize): void {
  store<u32>(RECEIVED_START, <u32>start)
  store<u32>(RECEIVED_END, <u32>end)
}

export function payloadStart(): usize {
  return load<u32>(RECEIVED_START)
}
export function payloadEnd(): usize {
  return load<u32>(RECEIVED_END)
}

/** Puts 16 NULs behind a payload, for the scanners; what stood there, the next frame, waits in BEHIND. */
export function coverBehind(end: usize): void {
  copyBlocks(BEHIND, end, 16)
  clearBlock(end)
}
export function uncoverBehind(end: usize): void {
  copyBlocks(end, BEHIND, 16)
}
