/** A batch as bytes: the body of a message of kind `batch`. */

import { RecordReader } from './record-reader.js'
import { BadRecord } from './records.js'
import { HEADER_BYTES, KIND, type Pair, type Wire } from './wire.js'

/** Pair, number, acknowledgement, flags. */
const BATCH_HEADER_BYTES = 21
const GAP = 1

/** Before each record: its type, and the length of its body. */
export const RECORD_HEADER_BYTES = 5

/** What stands before the records. */
export interface BatchHeader {
  readonly pair: Pair
  /** Counts from 1; 0: no records, an acknowledgement alone. */
  readonly number: number
  /** The last batch of the other end that was handled. */
  readonly ack: number
  /** A batch of the other end is missing: all since are to be sent again. */
  readonly gap: boolean
}

export interface Batch extends BatchHeader {
  /** A view of the message. */
  readonly records: Buffer
}

/** A message with a copy of the records. */
export function encodeBatch(wire: Wire, topic: string, header: BatchHeader, records: Buffer): Buffer {
  const message = wire.begin(KIND.batch, BATCH_HEADER_BYTES + records.length)
  let at = HEADER_BYTES
  at = message.writeUInt32BE(header.pair.mine, at)
  at = message.writeUInt32BE(header.pair.yours, at)
  at = message.writeUIntBE(header.number, at, 6)
  at = message.writeUIntBE(header.ack, at, 6)
  at = message.writeUInt8(header.gap ? GAP : 0, at)
  records.copy(message, at)
  return wire.seal(topic, message)
}

/** Throws `BadRecord`, also when the lengths of its records don't add up: then none of them is handled. */
export function decodeBatch(body: Buffer): Batch {
  const reader = new RecordReader(body)
  const pair = { mine: reader.u32(), yours: reader.u32() }
  const number = reader.u48()
  const ack = reader.u48()
  const flags = reader.u8()
  const records = reader.rest()
  if (pair.mine === 0 || pair.yours === 0) throw new BadRecord('a batch for a link that has no two ends')
  if (flags > GAP) throw new BadRecord('a batch with odd flags')
  if ((number === 0) !== (records.length === 0))
    throw new BadRecord('a batch with a number and no records, or with records and none')
  for (let at = 0; at < records.length; ) at = endOfRecord(records, at)
  return { pair, number, ack, gap: flags === GAP, records }
}

/** Where the record that begins at `at` ends; the next one begins there. Throws `BadRecord`. */
export function endOfRecord(records: Buffer, at: number): number {
  const start = at + RECORD_HEADER_BYTES
  if (start > records.length) throw new BadRecord('a batch ends within the header of a record')
  const end = start + records.readUInt32BE(at + 1)
  if (end > records.length) throw new BadRecord('a record is longer than its batch')
  return end
}
