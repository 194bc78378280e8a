/** Whom each member was told to be in its rooms, from when until when; and which departures were a cluster's doing. */

import { nodesDuring, type SentRecord, type Session, type Stay, stayOf } from './history.js'
import type { Entry, Outage } from './log.js'

/** How long what came before a connection broke may take to arrive after the session was resumed, milliseconds. */
const REPLAY_MS = 5000
/** What a session's end and the news of it may cross by in the lab's own process, milliseconds. */
const CROSSING_MS = 1000

/** A time in which a member knew another one to be in its room, and was there itself. */
export interface Sight {
  readonly stay: Stay
  readonly from: number
  until: number
  /** The join whose answer listed the other: it was known before anything else could be said. */
  readonly listedBy: SentRecord | undefined
  /** What ended it, where the other had not left. */
  cutBy: Outage | undefined
}

export class Sights {
  readonly #sights = new Map<string, Sight[]>()
  readonly #outages: readonly Outage[]
  /** Departures of members who had not left. */
  readonly #unasked = new Set<Entry>()
  /** Outages that may have brought a departure about, or the news of it. */
  readonly #cuts = new Map<Entry, Outage>()

  constructor(
    sessions: ReadonlyMap<string, Session>,
    stays: ReadonlyMap<SentRecord, Stay>,
    outages: readonly Outage[],
  ) {
    this.#outages = outages
    for (const session of sessions.values()) this.#read(session, sessions, stays)
  }

  /** When one was told that another is in a room, in order. */
  of(session: Session, room: string, other: Session): readonly Sight[] {
    return this.#sights.get(keyOf(session, room, other.peer)) ?? []
  }

  /** Why a member is said to have left: it did so, or an outage came between, or there is no reason. */
  reasonFor(departure: Entry): 'left' | 'cut' | 'none' {
    if (!this.#unasked.has(departure)) return 'left'
    return this.#cuts.has(departure) ? 'cut' : 'none'
  }

  /** The outage that a departure may be due to, or in which it became known: what was under way may be lost. */
  cutBy(departure: Entry): Outage | undefined {
    return this.#cuts.get(departure)
  }

  /** The outage that lay between two sessions at a time. */
  between(one: Session, other: Session, at: number): Outage | undefined {
    return this.#outages.find((outage) => isBetween(outage, one, other, at, at))
  }

  #read(
    session: Session,
    sessions: ReadonlyMap<string, Session>,
    stays: ReadonlyMap<SentRecord, Stay>,
  ): void {
    const open = new Map<string, Sight>()
    const see = (room: string, mark: string, from: number, listedBy?: SentRecord) => {
      const stay = stayOf(sessions, stays, mark, room)
      if (stay === undefined) return
      const key = keyOf(session, room, stay.session.peer)
      const sight: Sight = { stay, from, until: Infinity, listedBy, cutBy: undefined }
      open.set(key, sight)
      const before = this.#sights.get(key)
      if (before) before.push(sight)
      else this.#sights.set(key, [sight])
    }
    const close = (key: string, at: number) => {
      const sight = open.get(key)
      if (sight) sight.until = at
      open.delete(key)
      return sight
    }
    const closeAll = (room: string, at: number) => {
      const prefix = keyOf(session, room, '')
      for (const key of [...open.keys()]) if (key.startsWith(prefix)) close(key, at)
    }
    let heardAt = 0
    let replay: { readonly from: number; readonly until: number } | undefined
    for (const entry of session.entries) {
      const { at } = entry
      if (entry.what === 'welcome' && entry.resumed) replay = { from: heardAt, until: at + REPLAY_MS }
      if (entry.what === 'sent' && entry.message.kind === 'leave') closeAll(entry.message.room, at)
      if (entry.what !== 'received') continue
      heardAt = at
      const { frame } = entry
      if (frame.kind === 'joined') {
        closeAll(frame.room, at)
        for (const { mark } of frame.members) see(frame.room, mark, at, session.sent[frame.id])
      } else if (frame.kind === 'peer-joined') {
        see(frame.room, frame.mark, at)
      } else if (frame.kind === 'peer-left') {
        const sight = close(keyOf(session, frame.room, frame.from), at)
        if (sight === undefined) continue
        const { stay } = sight
        const since = replay !== undefined && at < replay.until ? replay.from : at
        const outage = this.#outages.find((one) => isBetween(one, session, stay.session, since, at))
        if (outage !== undefined) this.#cuts.set(entry, outage)
        if (hasLeft(stay, at)) continue
        this.#unasked.add(entry)
        sight.cutBy = outage
      }
    }
  }
}

const keyOf = (session: Session, room: string, other: string): string => `${session.peer} ${room} ${other}`

/** Whether a member had asked to leave, or its session was over. */
function hasLeft({ session, leave }: Stay, at: number): boolean {
  if (session.end === 'lost' && session.endedAt <= at + CROSSING_MS) return true
  if (session.end === 'ended' && session.endedAt <= at) return true
  return leave !== undefined && leave.at <= at
}

/** Whether an outage may have come between two sessions, and been noticed between two times. */
function isBetween(outage: Outage, one: Session, other: Session, since: number, at: number): boolean {
  if (outage.from > at || outage.until < since) return false
  const [here, there] = [one, other].map((session) => nodesDuring(session, outage.from, at)) as [
    Set<string>,
    Set<string>,
  ]
  const together = here.size === 1 && there.size === 1 && [...here][0] === [...there][0]
  const { nodes } = outage
  return !together && (nodes === undefined || [...here, ...there].some((node) => nodes.has(node)))
}
