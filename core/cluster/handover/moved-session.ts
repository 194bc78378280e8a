/** What a session is, for the node that it goes to: what a session file holds of it, and of whom it knows. */

import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { fromLine, type SavedSession, toLine } from '../../resume/saved-session.js'
import { readFrame } from '../presence/presence-records.js'
import { RecordReader } from '../wire/record-reader.js'
import { BadRecord } from '../wire/records.js'
import type { Acquaintances } from './acquaintances.js'

export interface MovedSession {
  readonly saved: SavedSession
  readonly known: Acquaintances
  /** The nodes that send to the new one instead, and to which rooms: what they sent before that was delivered. */
  readonly switched: ReadonlyMap<string, readonly string[]>
}

const number = Type.Integer({ minimum: 0 })
const hash = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
/** What arrives besides what was told before: the rest of the line isn't looked at. */
const session = Type.Object({
  ticket: hash,
  spentTicket: Type.Union([hash, Type.Null()]),
  lastId: number,
  lostCode: number,
  outbox: Type.Object({ sent: number, written: number, frames: Type.Array(Type.String()) }),
  refusals: Type.Array(Type.Object({ frame: Type.String(), after: Type.Integer() })),
})
const names = Type.Record(Type.String(), Type.Array(Type.String()))
const head = Type.Object({ known: names, switched: names })

/** Two lines of JSON. */
export function toBytes({ saved, known, switched }: MovedSession): Buffer {
  const head = { known: listed(known), switched: listed(switched) }
  return Buffer.from(`${JSON.stringify(head)}\n${toLine(saved)}`)
}

/** Throws `BadRecord` where `toBytes` can't have made it. */
export function fromBytes(bytes: Buffer): MovedSession {
  const end = bytes.indexOf('\n')
  const first = parsed(bytes.toString('utf8', 0, Math.max(0, end)))
  const line = bytes.toString('utf8', end + 1)
  if (!Value.Check(head, first) || !Value.Check(session, parsed(line))) {
    throw new BadRecord('a session that was handed over is none')
  }
  const saved = fromLine(line)
  for (const frame of saved.outbox.frames) readFrame(new RecordReader(frame))
  for (const { frame } of saved.refusals) readFrame(new RecordReader(frame))
  const { sent, written, frames } = saved.outbox
  if (written > sent || frames.length > sent) throw new BadRecord('a session has been sent less than it has')
  const known = new Map(Object.entries(first.known).map(([room, ids]) => [room, new Set(ids)]))
  return { saved, known, switched: new Map(Object.entries(first.switched)) }
}

const listed = (names: ReadonlyMap<string, Iterable<string>>): Record<string, string[]> =>
  Object.fromEntries([...names].map(([key, of]) => [key, [...of]]))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadRecord('a session that was handed over is no JSON')
  }
}
