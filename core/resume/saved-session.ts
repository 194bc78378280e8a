import type { Principal } from '../contracts/auth.js'
import type { SavedOutbox } from '../egress/egress.js'
import type { Door } from '../protocol.js'
import type { Session } from '../sessions/session.js'
import type { Refusal } from './refusals.js'

/** All that a session takes along into the next process. Tickets are hashes; frames are complete. */
export interface SavedSession {
  readonly id: string
  readonly principal: Principal
  readonly address: string
  readonly ticket: string
  readonly spentTicket: string | null
  readonly lastId: number
  readonly lostCode: number
  /** When its socket was lost, milliseconds since the Unix epoch. */
  readonly lostAt: number
  readonly outbox: SavedOutbox
  readonly refusals: readonly Refusal[]
  readonly rooms: readonly SavedMembership[]
}

/** Where it was, and how the door of that room stood. */
export interface SavedMembership {
  readonly name: string
  readonly data: string
  readonly door: Door
  /** Its place in the order of joining. */
  readonly stamp?: number
  /** Whether the others are told nothing of it. */
  readonly hidden?: boolean
}

/** What a detached session is; `lostAgoMs` is how long it has been without a socket, `now` the time of day. */
export function savedSession(session: Session, lostAgoMs: number, now: number): SavedSession | undefined {
  const { id, principal, address, ticket, spentTicket, lastId, lostCode, outbox, refusals } = session
  if (ticket === null) return undefined
  return {
    id,
    principal,
    address,
    ticket,
    spentTicket,
    lastId,
    lostCode,
    lostAt: now - lostAgoMs,
    outbox: outbox.save(),
    refusals: refusals?.kept ?? [],
    rooms: [...session.memberships.values()].map(({ room, data, stamp, hidden }) => ({
      name: room.name,
      data,
      door: room.door,
      stamp,
      hidden,
    })),
  }
}

/** One line of JSON, frames as base64. */
export const toLine = (saved: SavedSession): string =>
  JSON.stringify({
    ...saved,
    outbox: { ...saved.outbox, frames: saved.outbox.frames.map((frame) => frame.toString('base64')) },
    refusals: saved.refusals.map(({ frame, after }) => ({ frame: frame.toString('base64'), after })),
  })

/** What `toLine` made; anything else may throw, or give nonsense: whether a line is whole is the file's to know. */
export function fromLine(line: string): SavedSession {
  const saved = JSON.parse(line)
  const bytes = (frame: string) => Buffer.from(frame, 'base64')
  return {
    ...saved,
    outbox: { ...saved.outbox, frames: saved.outbox.frames.map(bytes) },
    refusals: saved.refusals.map(({ frame, after }: { frame: string; after: number }) => ({
      frame: bytes(frame),
      after,
    })),
  }
}
