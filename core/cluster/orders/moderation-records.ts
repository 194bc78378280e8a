/** What nodes tell each other of those who wait before rooms, and of what moderators order: docs/reference/cluster.md. */

import { readData, readId, readName } from '../presence/presence-records.js'
import type { RecordReader } from '../wire/record-reader.js'
import { RecordWriter } from '../wire/record-writer.js'
import { BadRecord, RECORDS } from '../wire/records.js'

const [ORDERS] = RECORDS.orders

/** Types of records. The first of the range is an order of an operator. */
export const MODERATION = {
  /** Somebody waits before a room on the sender's node. */
  knock: ORDERS + 1,
  /** It waits no longer. */
  knockEnded: ORDERS + 2,
  /** A moderator on the sender's node removes a member of the receiver's. */
  kick: ORDERS + 3,
  /** Lets in, or sends away, somebody who waits on the receiver's node. */
  admit: ORDERS + 4,
  deny: ORDERS + 5,
} as const

/** As long as moderators may write, in bytes of UTF-8: 200 characters. */
const MAX_REASON_BYTES = 800

/** Who is meant: a peer, and the room by its name. */
export interface Subject {
  readonly room: string
  readonly peer: string
}

/** `rest` is metadata (JSON text), a reason, or empty. */
export const writeModeration = ({ room, peer }: Subject, rest: string): Buffer =>
  new RecordWriter().base64url(peer).text8(room).bytes(Buffer.from(rest)).written

/** Throws `BadRecord`. */
export function readSubject(from: RecordReader): Subject {
  const peer = readId(from)
  return { peer, room: readName(from.slice(from.u8())) }
}

/** Metadata of somebody who waits: the rest. */
export const readKnock = readData

/** Why a moderator sends somebody away: the rest. */
export function readReason(from: RecordReader): string {
  if (from.left > MAX_REASON_BYTES) throw new BadRecord('a reason is longer than a moderator may write')
  return from.text(from.left)
}
