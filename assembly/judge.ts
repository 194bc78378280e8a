/** What is right or wrong with a message, who receives it, and the frame: `core/engine/engine.ts` has the rules. */

import { clearBlock, copyBlocks } from './blocks'
import {
  has,
  hasString,
  readEnvelope,
  readInteger,
  readKind,
  stringEnd,
  stringStart,
  valueEnd,
  valueStart,
} from './envelope'
import { buildFrame } from './frame'
import {
  MEMBERSHIP_POSITION,
  MEMBERSHIP_RIGHTS,
  MEMBERSHIP_ROOM,
  RECIPIENTS,
  RESULT,
  RESULT_DATA_END,
  RESULT_DATA_START,
  RESULT_FIELD,
  RESULT_ID,
  RESULT_NAME,
  RESULT_NAME_LEN,
  RESULT_RECIPIENTS,
  RESULT_ROOM,
  RESULT_SEEN,
  RESULT_TO,
  ROOM_COUNT,
  ROOM_NAME,
  SCRATCH,
} from './layout'
import { lastNameLen, lastNamePtr, readName } from './names'
import { hasId, isPeerId, resolvePeer } from './peer-id'
import {
  E_FIELD,
  E_FORBIDDEN,
  E_JSON,
  E_NESTING,
  E_NO_PEER,
  E_NOT_JOINED,
  E_ROOM_NAME,
  E_TOO_LARGE,
  E_TYPE,
  E_UTF8,
  FIELD_DATA,
  FIELD_ID,
  FIELD_ROOM,
  FIELD_SEEN,
  FIELD_TO,
  FIRST_HOT_KIND,
  KIND_ACK,
  KIND_AUTH,
  KIND_BYE,
  KIND_JOIN,
  KIND_LEAVE,
  KIND_PUBLISH,
  MESSAGE_BYTES,
  PEER_ID_BYTES,
  RIGHT_PUBLISH,
  RIGHT_SIGNAL,
} from './protocol'
import * as rooms from './rooms'
import { unescape } from './unescape'
import { isUtf8 } from './utf8'

/**
 * Judges the message from `start` to `end`: a kind, or a verdict below 0. RESULT holds the rest. 16 NULs must stand
 * behind the message.
 */
export function judge(sender: i32, start: usize, end: usize): i32 {
  clearResult()
  if (end - start > <usize>MESSAGE_BYTES) return E_TOO_LARGE

  const broken = readEnvelope(start, end)
  // Bad UTF-8 outranks whatever else is wrong, wherever it stands. What was scanned to its end has been checked.
  if (broken == E_JSON || broken == E_NESTING) return isUtf8(start, end) ? broken : E_UTF8
  if (broken) return broken

  const kind = readKind()
  const idIsWrong = has(FIELD_ID) && !readId()
  if (kind < 0) return E_TYPE
  if (idIsWrong) return wrong(FIELD_ID)
  if (has(FIELD_DATA)) {
    store<u32>(RESULT_DATA_START, <u32>(valueStart(FIELD_DATA) - start))
    store<u32>(RESULT_DATA_END, <u32>(valueEnd(FIELD_DATA) - start))
  }
  if (kind == KIND_ACK) return readAck()
  if (kind == KIND_BYE) return kind
  if (kind == KIND_AUTH) return has(FIELD_DATA) ? kind : wrong(FIELD_DATA)
  return readRoomMessage(kind, sender)
}

function clearResult(): void {
  clearBlock(RESULT)
  clearBlock(RESULT + 16)
  clearBlock(RESULT + 32)
  clearBlock(RESULT + 48)
}

function wrong(field: i32): i32 {
  store<i32>(RESULT_FIELD, field)
  return E_FIELD
}

function readId(): bool {
  const id = readInteger(FIELD_ID)
  if (id < 1) return false
  store<f64>(RESULT_ID, <f64>id)
  return true
}

function readAck(): i32 {
  const seen = readInteger(FIELD_SEEN)
  if (seen < 0) return wrong(FIELD_SEEN)
  store<f64>(RESULT_SEEN, <f64>seen)
  return KIND_ACK
}

/** Every kind but ack, bye and auth is about a room. */
function readRoomMessage(kind: i32, sender: i32): i32 {
  if (!hasString(FIELD_ROOM)) return wrong(FIELD_ROOM)
  if (!readName(stringStart(FIELD_ROOM), stringEnd(FIELD_ROOM))) return E_ROOM_NAME
  store<u32>(RESULT_NAME, <u32>lastNamePtr())
  store<i32>(RESULT_NAME_LEN, lastNameLen())
  if (kind >= FIRST_HOT_KIND && kind != KIND_PUBLISH && !hasString(FIELD_TO)) return wrong(FIELD_TO)
  if (kind != KIND_JOIN && kind != KIND_LEAVE && !has(FIELD_DATA)) return wrong(FIELD_DATA)
  return kind < FIRST_HOT_KIND ? kind : relay(kind, sender)
}

/** Finds out who receives a hot message, and builds the frame. */
function relay(kind: i32, sender: i32): i32 {
  const membership = rooms.findByName(sender, lastNamePtr(), lastNameLen())
  if (!membership) return E_NOT_JOINED
  const right = kind == KIND_PUBLISH ? RIGHT_PUBLISH : RIGHT_SIGNAL
  if ((load<i32>(membership, MEMBERSHIP_RIGHTS) & right) == 0) return E_FORBIDDEN

  const room: i32 = load<i32>(membership, MEMBERSHIP_ROOM)
  if (kind == KIND_PUBLISH) {
    addressAll(room, load<i32>(membership, MEMBERSHIP_POSITION))
  } else if (!addressOne(room, sender)) {
    return E_NO_PEER
  }
  store<i32>(RESULT_ROOM, room)
  store<u32>(RESULT_NAME, <u32>(rooms.roomPtr(room) + ROOM_NAME)) // SCRATCH may hold what `to` says by now
  buildFrame(kind, room, sender, valueStart(FIELD_DATA), valueEnd(FIELD_DATA))
  return kind
}

/** The room's members except the sender, who stands at `position`. */
function addressAll(room: i32, position: i32): void {
  const record = rooms.roomPtr(room)
  const others: i32 = load<i32>(record, ROOM_COUNT) - 1
  const before = (<usize>position) << 2
  copyBlocks(RECIPIENTS, rooms.memberPtr(record, 0), before)
  copyBlocks(RECIPIENTS + before, rooms.memberPtr(record, position + 1), ((<usize>others) << 2) - before)
  store<i32>(RESULT_RECIPIENTS, others)
}

/** The member here that `to` names, if any. False when it can't be anybody's id, or is the sender's own. */
function addressOne(room: i32, sender: i32): bool {
  let id = stringStart(FIELD_TO)
  const length = i32(stringEnd(FIELD_TO) - id)
  if (length != PEER_ID_BYTES) {
    // An escape makes it longer; nothing makes it shorter.
    if (length < PEER_ID_BYTES || unescape(id, id + length, SCRATCH, PEER_ID_BYTES) != PEER_ID_BYTES)
      return false
    id = SCRATCH
  }
  store<u32>(RESULT_TO, <u32>id)
  const recipient = resolvePeer(id)
  if (recipient < 0 || !rooms.findByRoom(recipient, room)) return isPeerId(id) && !hasId(sender, id)
  if (recipient == sender) return false
  store<i32>(RECIPIENTS, recipient)
  store<i32>(RESULT_RECIPIENTS, 1)
  return true
}
