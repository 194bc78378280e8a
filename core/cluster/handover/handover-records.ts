/**
 * What nodes tell each other when a session moves. *A* has it, *B* wants it, *C* is anybody who shares a room with it:
 *
 * ```
 *   B ─ claim ──▶ A              a client of B has a ticket of A's (or `refused`, `elsewhere`)
 *   A ─ coming ─▶ B              who it is and where; B puts it into its rooms, and answers `switched`
 *   A ─ moving ─▶ C              from now on send to B
 *   C ─ switched ▶ A and B       everything before it is for A to deliver, everything behind it for B
 *   A ─ switched ▶ B             the same for what A's own members send
 *   A ─ gone ───▶ C              A has it no more
 *   A ─ session ▶ B              the rest of it, in pieces
 * ```
 *
 * `stays` calls a move off; `declined` asks for that. A node that ends tells all by `moved` where sessions went.
 */

import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { GRANTS_SCHEMA } from '../../access/grants-schema.js'
import type { Principal } from '../../contracts/auth.js'
import { MAX_METADATA_BYTES, readData, readName } from '../presence/presence-records.js'
import { MAX_STAMP } from '../presence/stamps.js'
import { RecordReader } from '../wire/record-reader.js'
import { RecordWriter } from '../wire/record-writer.js'
import { BadRecord } from '../wire/records.js'
import { INCARNATION_BYTES } from '../wire/wire.js'

/** Types of records; see above. */
export const HANDOVER = {
  claim: 16,
  refused: 17,
  elsewhere: 18,
  coming: 19,
  moving: 20,
  switched: 21,
  session: 22,
  stays: 23,
  gone: 24,
  declined: 25,
  moved: 26,
} as const

/** Why a claim is refused. `unknown` is everything that is wrong with a ticket, and nobody learns which. */
export const REFUSAL = { unknown: 0, busy: 1, calledOff: 2 } as const
export type Refused = (typeof REFUSAL)[keyof typeof REFUSAL]

const HASH_BYTES = 32
const PEER_BYTES = 12

/** A client has shown the ticket with this hash. */
export interface Claimed {
  readonly claim: number
  /** As `Tickets` keeps it. */
  readonly hash: string
  readonly seen: number
  readonly principal: string
}

/** One session's way from one node to another, and the rooms that are meant. */
export interface Passage {
  /** The node that has it, and that node's number for the move. */
  readonly owner: string
  readonly move: number
  /** The peer. */
  readonly id: string
  readonly rooms: readonly string[]
}

/** One move, among all of all nodes. */
export const moveOf = ({ owner, move }: Pick<Passage, 'owner' | 'move'>): string => `${owner}${move}`

const membership = Type.Object({
  name: Type.String(),
  data: Type.String({ maxLength: MAX_METADATA_BYTES }),
  door: Type.Union([Type.Literal('open'), Type.Literal('lobby'), Type.Literal('locked')]),
  stamp: Type.Integer({ minimum: 0, maximum: MAX_STAMP }),
  hidden: Type.Boolean(),
})

const coming = Type.Object({
  id: Type.String({ pattern: '^[A-Za-z0-9_-]{16}$' }),
  principal: Type.Object({
    id: Type.String(),
    grants: GRANTS_SCHEMA,
    shared: Type.Optional(Type.Boolean()),
    expiresAt: Type.Optional(Type.Number()),
  }),
  address: Type.String({ maxLength: 64 }),
  tickets: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }), { maxItems: 2 }),
  rooms: Type.Array(membership, { maxItems: 16 }),
})

/** Who comes, the hashes of the tickets that are good for it, and what it is in its rooms. */
export interface Coming extends Omit<Static<typeof coming>, 'principal'> {
  readonly principal: Principal
}

const writer = new RecordWriter()

export const claimRecord = ({ claim, hash, seen, principal }: Claimed): Buffer =>
  writer.clear().u32(claim).base64url(hash).u48(seen).text16(principal).written

export function readClaim(body: Buffer): Claimed {
  const reader = new RecordReader(body)
  const claim = reader.u32()
  const hash = reader.base64url(HASH_BYTES)
  const seen = reader.u48()
  const principal = reader.text(reader.u16())
  reader.end()
  return { claim, hash, seen, principal }
}

export const refusedRecord = (claim: number, why: Refused): Buffer =>
  writer.clear().u32(claim).u8(why).written

export function readRefused(body: Buffer): { readonly claim: number; readonly why: Refused } {
  const reader = new RecordReader(body)
  const claim = reader.u32()
  const why = reader.u8()
  reader.end()
  if (why > REFUSAL.calledOff) throw new BadRecord(`a claim refused for the reason ${why}`)
  return { claim, why: why as Refused }
}

export const elsewhereRecord = (claim: number, incarnation: string): Buffer =>
  writer.clear().u32(claim).base64url(incarnation).written

export function readElsewhere(body: Buffer): { readonly claim: number; readonly incarnation: string } {
  const reader = new RecordReader(body)
  const claim = reader.u32()
  const incarnation = reader.base64url(INCARNATION_BYTES)
  reader.end()
  return { claim, incarnation }
}

export const comingRecord = (claim: number, move: number, who: Coming): Buffer =>
  writer
    .clear()
    .u32(claim)
    .u32(move)
    .bytes(Buffer.from(JSON.stringify(who))).written

export function readComing(body: Buffer): {
  readonly claim: number
  readonly move: number
  readonly who: Coming
} {
  const reader = new RecordReader(body)
  const claim = reader.u32()
  const move = reader.u32()
  const who = parsed(reader.text(reader.left))
  if (!Value.Check(coming, who)) throw new BadRecord('a session that comes is described wrongly')
  for (const { name, data } of who.rooms) {
    readName(new RecordReader(Buffer.from(name)))
    readData(new RecordReader(Buffer.from(data)))
  }
  return { claim, move, who: who as Coming }
}

/** The body of `switched`, `stays` and `gone`. */
export const passageRecord = (passage: Passage): Buffer => writePassage(passage).written

export const readPassage = (body: Buffer): Passage => {
  const reader = new RecordReader(body)
  const passage = readPassageFrom(reader)
  reader.end()
  return passage
}

/** The body of `moving`. */
export const movingRecord = (passage: Passage, to: string): Buffer =>
  writePassage(passage).base64url(to).written

export function readMoving(body: Buffer): { readonly passage: Passage; readonly to: string } {
  const reader = new RecordReader(body)
  const passage = readPassageFrom(reader)
  const to = reader.base64url(INCARNATION_BYTES)
  reader.end()
  return { passage, to }
}

/** The head of `session`, before a piece of it. */
export const pieceHead = (move: number, isLast: boolean): Buffer =>
  writer
    .clear()
    .u32(move)
    .u8(isLast ? 1 : 0).written

export function readPiece(body: Buffer): {
  readonly move: number
  readonly isLast: boolean
  readonly piece: Buffer
} {
  const reader = new RecordReader(body)
  const move = reader.u32()
  const last = reader.u8()
  if (last > 1) throw new BadRecord('a piece of a session is neither the last nor another')
  return { move, isLast: last === 1, piece: reader.rest() }
}

export const declinedRecord = (move: number): Buffer => writer.clear().u32(move).written

export function readDeclined(body: Buffer): number {
  const reader = new RecordReader(body)
  const move = reader.u32()
  reader.end()
  return move
}

/** As many fit into a record. */
export const MAX_MOVED_IN_RECORD = 4096

/** The hashes of tickets, and the nodes where their sessions are. */
export function movedRecord(moved: readonly (readonly [hash: string, node: string])[]): Buffer {
  writer.clear().u16(moved.length)
  for (const [hash, node] of moved) writer.base64url(hash).base64url(node)
  return writer.written
}

export function readMoved(body: Buffer): (readonly [hash: string, node: string])[] {
  const reader = new RecordReader(body)
  const count = reader.u16()
  if (count > MAX_MOVED_IN_RECORD) throw new BadRecord(`${count} tickets in one record`)
  const moved = Array.from(
    { length: count },
    () => [reader.base64url(HASH_BYTES), reader.base64url(INCARNATION_BYTES)] as const,
  )
  reader.end()
  return moved
}

function writePassage({ owner, move, id, rooms }: Passage): RecordWriter {
  writer.clear().base64url(owner).u32(move).base64url(id).u8(rooms.length)
  for (const room of rooms) writer.text8(room)
  return writer
}

function readPassageFrom(reader: RecordReader): Passage {
  const owner = reader.base64url(INCARNATION_BYTES)
  const move = reader.u32()
  const id = reader.base64url(PEER_BYTES)
  const rooms = Array.from({ length: reader.u8() }, () => reader.text(reader.u8()))
  return { owner, move, id, rooms }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadRecord('what should be JSON is not')
  }
}
