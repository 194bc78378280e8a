/** The logs of all clients, sorted: which sessions there were, and what became of everything that was sent. */

import { type Entry, type Log, readMark, type Sent } from './log.js'

/** What the checker can find wrong. */
export const FAULT_KINDS = ['gap', 'duplicate', 'reordering', 'misdelivery', 'ghost', 'unfounded'] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** Told of everything that is wrong; `where` names the client's session that shows it. */
export type Accuse = (kind: FaultKind, where: Session, what: string) => void

/** A message, and what became of it. */
export interface SentRecord {
  readonly id: number
  readonly message: Sent
  /** When the app handed it over. */
  readonly at: number
  /** When it was first known to be dealt with; Infinity: never. */
  ackedAt: number
  /** The error code, where it was refused. */
  refused: string | undefined
  refusedAt: number
}

/** A node, and since when a session lives there. */
export interface Home {
  readonly node: string
  readonly since: number
}

export interface Session {
  readonly peer: string
  readonly client: string
  readonly entries: Entry[]
  /** Where it lived, and since when: at least one. */
  readonly homes: Home[]
  /** By id, from 1: the index is the id. */
  readonly sent: (SentRecord | undefined)[]
  /** What was sent to each room, in order. */
  readonly byRoom: Map<string, SentRecord[]>
  /** `open`: it was there when the logs end. `lost`: the server said so. `ended`: the client wanted that. */
  end: 'open' | 'lost' | 'ended'
  /** When it ended; of a lost one, when the client was last connected with it. */
  endedAt: number
}

/** All sessions, by peer id. What contradicts itself within one log is told to `accuse`. */
export function readLogs(logs: readonly Log[], accuse: Accuse): Map<string, Session> {
  const sessions = new Map<string, Session>()
  for (const log of logs) {
    let session: Session | undefined
    for (const entry of log.entries) {
      if (entry.what === 'welcome' && !entry.resumed) {
        if (session?.end === 'open') session.end = 'lost'
        session = begin(log.client, entry.peer)
        if (sessions.has(entry.peer)) accuse('misdelivery', session, 'its peer id belongs to another session')
        sessions.set(entry.peer, session)
      }
      if (session === undefined) throw new Error(`the log of ${log.client} does not begin with a session`)
      if (entry.what === 'welcome') session.homes.push({ node: entry.node, since: entry.at })
      session.entries.push(entry)
      note(session, entry, accuse)
    }
  }
  return sessions
}

const begin = (client: string, peer: string): Session => ({
  peer,
  client,
  entries: [],
  homes: [],
  sent: [],
  byRoom: new Map(),
  end: 'open',
  endedAt: 0,
})

function note(session: Session, entry: Entry, accuse: Accuse): void {
  const { sent } = session
  switch (entry.what) {
    case 'welcome': {
      if (!entry.resumed) return
      if (entry.peer !== session.peer) accuse('misdelivery', session, `was resumed as ${entry.peer}`)
      const forgotten = sent.find((record) => record && record.id > entry.lastId && record.ackedAt < Infinity)
      if (forgotten)
        accuse('unfounded', session, `message ${forgotten.id} was acknowledged, and then forgotten`)
      return
    }
    case 'sent': {
      const record = {
        id: entry.id,
        message: entry.message,
        at: entry.at,
        ackedAt: Infinity,
        refused: undefined,
        refusedAt: Infinity,
      }
      sent[entry.id] = record
      const inRoom = session.byRoom.get(entry.message.room)
      if (inRoom) inRoom.push(record)
      else session.byRoom.set(entry.message.room, [record])
      return
    }
    case 'acked':
      if (entry.id !== 0 && sent[entry.id] === undefined) {
        accuse('unfounded', session, `an acknowledgement of message ${entry.id}, which was never sent`)
      }
      for (let id = Math.min(entry.id, sent.length - 1); id > 0 && sent[id]!.ackedAt === Infinity; id--) {
        sent[id]!.ackedAt = entry.at
      }
      return
    case 'refused': {
      const record = sent[entry.id]
      if (record === undefined) {
        accuse('unfounded', session, `a refusal of message ${entry.id}, which was never sent`)
        return
      }
      record.refused = entry.code
      record.refusedAt = entry.at
      return
    }
    case 'received':
      session.endedAt = entry.at
      return
    case 'ended':
      session.end = 'ended'
      session.endedAt = entry.at
  }
}

/** Where a session lived at a time. */
export function nodeAt({ homes }: Session, at: number): string {
  let { node } = homes[0]!
  for (const home of homes) if (home.since <= at) node = home.node
  return node
}

/** Where a session lived between two times, and where it went next: it may have moved before it was told so. */
export function nodesDuring({ homes }: Session, from: number, until: number): Set<string> {
  const nodes = new Set<string>()
  for (const [i, { node, since }] of homes.entries()) {
    if ((homes[i + 1]?.since ?? Infinity) >= from) nodes.add(node)
    if (since > until) break
  }
  return nodes
}

/** Since when anybody on a node knew of a stay. */
export const knownTo = ({ knownAt }: Stay, node: string): number => knownAt.get(node) ?? Infinity

/** The message that a mark names, when somebody sent it. */
export function sentBy(
  sessions: ReadonlyMap<string, Session>,
  mark: string,
): { readonly sender: Session; readonly record: SentRecord } | undefined {
  const { peer, id } = readMark(mark)
  const sender = sessions.get(peer)
  const record = sender?.sent[id]
  if (sender === undefined || record === undefined || !('mark' in record.message)) return undefined
  return record.message.mark === mark ? { sender, record } : undefined
}

/** A stay of a session in a room. */
export interface Stay {
  readonly session: Session
  readonly room: string
  readonly join: SentRecord
  /** The message that ends it, where there is one. */
  readonly leave: SentRecord | undefined
  /** When anybody on a node first knew of it, by node. */
  readonly knownAt: Map<string, number>
}

/** Stays by room, and by the join that began them. Joins that were refused began none. */
export function readStays(sessions: ReadonlyMap<string, Session>): Map<SentRecord, Stay> {
  const stays = new Map<SentRecord, Stay>()
  for (const session of sessions.values()) {
    for (const [room, records] of session.byRoom) {
      let join: SentRecord | undefined
      for (const record of records) {
        if (record.refused !== undefined) continue
        const { kind } = record.message
        if (kind === 'leave' && join)
          stays.set(join, { session, room, join, leave: record, knownAt: new Map() })
        if (kind === 'leave') join = undefined
        if (kind === 'join') join = record
      }
      if (join) stays.set(join, { session, room, join, leave: undefined, knownAt: new Map() })
    }
  }
  for (const session of sessions.values()) {
    for (const entry of session.entries) {
      if (entry.what !== 'received') continue
      const { frame, at } = entry
      const node = nodeAt(session, at)
      const saw = (stay: Stay | undefined) => {
        if (stay) stay.knownAt.set(node, Math.min(stay.knownAt.get(node) ?? Infinity, at))
      }
      if (frame.kind === 'joined') {
        saw(stays.get(session.sent[frame.id]!))
        for (const { mark } of frame.members) saw(stayOf(sessions, stays, mark, frame.room))
      } else if (frame.kind === 'peer-joined') {
        saw(stayOf(sessions, stays, frame.mark, frame.room))
      }
    }
  }
  return stays
}

/** What was dealt with before this has reached the member: it was there, and got all that the server had for it. */
export function certainUntil({ session, leave }: Stay): number {
  if (session.end === 'open') return leave ? leave.at : Infinity
  return leave && leave.ackedAt < Infinity ? leave.at : -Infinity
}

/** The stay that metadata speaks of: its join, or an update after that. */
export function stayOf(
  sessions: ReadonlyMap<string, Session>,
  stays: ReadonlyMap<SentRecord, Stay>,
  mark: string,
  room: string,
): Stay | undefined {
  const { peer, id } = readMark(mark)
  const session = sessions.get(peer)
  for (let at = id; session !== undefined && at > 0; at--) {
    const record = session.sent[at]
    if (record?.message.kind === 'join' && record.message.room === room) return stays.get(record)
  }
  return undefined
}
