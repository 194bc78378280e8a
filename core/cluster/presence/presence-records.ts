/**
 * What nodes tell each other about rooms, as records of a link (docs/reference/cluster.md shows them field by field). A
 * room goes by a number that the sender has given it with `sync`, for this link, until it is taken back.
 */

import { isUtf8 } from 'node:buffer'
import type { Door } from '../../protocol.js'
import { LIMITS } from '../../protocol.js'
import type { RecordReader } from '../wire/record-reader.js'
import type { RecordWriter } from '../wire/record-writer.js'
import { BadRecord, RECORDS } from '../wire/records.js'
import type { Share } from './share.js'

const [FIRST] = RECORDS.presence

export const PRESENCE = {
  /** The sender has members of a room: its name and number, and how its door stands. */
  sync: FIRST,
  /** All who were members when the room was synced have been told. */
  synced: FIRST + 1,
  /** The sender has no members there any more, and wants to hear nothing of it. Takes its number back. */
  unsync: FIRST + 2,
  /** The sender of this has no members of a room that it was told of, by the number that it was told. */
  absent: FIRST + 3,
  /** The sender has members of a room, by name: what `here` says on the bus, behind what was sent before. */
  present: FIRST + 4,
  join: FIRST + 5,
  leave: FIRST + 6,
  update: FIRST + 7,
  /** A member has lost its socket and may come back, or is back. */
  away: FIRST + 8,
  door: FIRST + 9,
  /** A frame for all members. */
  frame: FIRST + 10,
  /** A frame for one. */
  direct: FIRST + 11,
} as const

/** As long as any config allows metadata to be: nodes may be configured differently while a cluster is changed. */
export const MAX_METADATA_BYTES = 16_384

const DOORS: readonly Door[] = ['open', 'lobby', 'locked']
const HAS_PRINCIPAL = 1
const IS_AWAY = 2
const PEER_ID_BYTES = 12
const PRINCIPAL_BYTES = 12

/** How a door stands, and since when: a later stamp counts. */
export interface DoorState {
  readonly door: Door
  readonly stamp: number
}

/** A member as other nodes are told of it. */
export interface Introduction {
  readonly id: string
  /** Metadata: JSON text. */
  readonly data: string
  readonly stamp: number
  /** What stands for its principal where the room wants each but once; else empty. */
  readonly principal: string
  readonly away: boolean
}

export const writeSync = (to: RecordWriter, { number, room }: Share): Buffer =>
  to.clear().u32(number).u8(DOORS.indexOf(room.door)).u48(room.doorStamp).bytes(Buffer.from(room.name))
    .written

export function readSync(from: RecordReader): { number: number; door: DoorState; name: string } {
  const number = from.u32()
  const door = readDoor(from)
  return { number, door, name: readName(from) }
}

export const writeName = (to: RecordWriter, name: string): Buffer =>
  to.clear().bytes(Buffer.from(name)).written

/** A room's name: the rest. */
export function readName(from: RecordReader): string {
  const lengthBytes = from.left
  const name = from.text(lengthBytes)
  if (lengthBytes < 1 || lengthBytes > LIMITS.roomBytes || /\p{Cc}/u.test(name)) {
    throw new BadRecord('a room has a name that no room can have')
  }
  return name
}

export const writeJoin = (to: RecordWriter, number: number, member: Introduction): Buffer => {
  const { id, data, stamp, principal, away } = member
  to.clear().u32(number).base64url(id).u48(stamp)
  to.u8((principal === '' ? 0 : HAS_PRINCIPAL) | (away ? IS_AWAY : 0))
  if (principal !== '') to.base64url(principal)
  return to.bytes(Buffer.from(data)).written
}

/** What follows the number. */
export function readJoin(from: RecordReader): Introduction {
  const id = readId(from)
  const stamp = from.u48()
  const flags = from.u8()
  if (flags > (HAS_PRINCIPAL | IS_AWAY)) throw new BadRecord('a member has odd flags')
  const principal = (flags & HAS_PRINCIPAL) === 0 ? '' : from.base64url(PRINCIPAL_BYTES)
  return { id, stamp, principal, away: (flags & IS_AWAY) !== 0, data: readData(from) }
}

export const writeLeave = (to: RecordWriter, number: number, id: string): Buffer =>
  to.clear().u32(number).base64url(id).written

export const writeUpdate = (to: RecordWriter, number: number, { id, data }: Introduction): Buffer =>
  to.clear().u32(number).base64url(id).bytes(Buffer.from(data)).written

export const writeAway = (to: RecordWriter, number: number, { id, away }: Introduction): Buffer =>
  to
    .clear()
    .u32(number)
    .base64url(id)
    .u8(away ? 1 : 0).written

export const writeDoor = (to: RecordWriter, number: number, { door, stamp }: DoorState): Buffer =>
  to.clear().u32(number).u8(DOORS.indexOf(door)).u48(stamp).written

export const writeNumber = (to: RecordWriter, number: number): Buffer => to.clear().u32(number).written

export const readId = (from: RecordReader): string => from.base64url(PEER_ID_BYTES)

/** Metadata: the rest. It is put into frames as it is, so it must be one JSON value. */
export function readData(from: RecordReader): string {
  if (from.left > MAX_METADATA_BYTES) throw new BadRecord('metadata is longer than any server allows')
  const data = from.text(from.left)
  try {
    JSON.parse(data)
  } catch {
    throw new BadRecord('metadata is not JSON')
  }
  return data
}

export function readDoor(from: RecordReader): DoorState {
  const door = DOORS[from.u8()]
  if (door === undefined) throw new BadRecord('a door stands as no door can')
  return { door, stamp: from.u48() }
}

/** A frame as servers send them: the rest, as a view. Clients are sent it as it is. */
export function readFrame(from: RecordReader): Buffer {
  const frame = from.rest()
  const payload = frame.subarray(payloadStart(frame))
  if (
    payload.length === 0 ||
    payload[0] !== OPEN_BRACE ||
    payload.at(-1) !== CLOSE_BRACE ||
    !isUtf8(payload)
  ) {
    throw new BadRecord('a frame is not a whole text frame with one message')
  }
  return frame
}

const FINAL_TEXT = 0x81
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Where the payload begins that fills the rest of the bytes; their end when they are no unmasked text frame. */
function payloadStart(frame: Buffer): number {
  const { length } = frame
  if (length < 2 || frame[0] !== FINAL_TEXT) return length
  const short = frame[1]!
  if (short < 126) return length === 2 + short ? 2 : length
  if (short === 126) return length >= 4 && length === 4 + frame.readUInt16BE(2) ? 4 : length
  return short === 127 && length >= 10 && frame.readBigUInt64BE(2) === BigInt(length - 10) ? 10 : length
}
