/** Did everyone get what was meant for it, once, in its sender's order, and nothing else? */

import {
  type Accuse,
  certainUntil,
  type SentRecord,
  type Session,
  type Stay,
  sentBy,
  stayOf,
} from './history.js'
import type { Counted } from './log.js'

/** How far one member has followed another's messages to a room. */
interface Following {
  readonly sender: Session
  /** Index in what the sender sent to that room: the last one that has arrived, or the sender's join. */
  position: number
  /** Whether everything behind `position` must arrive; else only what was sent once the member was known. */
  contiguous: boolean
}

/** A member's own stay, and whom it has met there. */
interface Place {
  readonly stay: Stay
  readonly following: Map<string, Following>
}

/** What every recipient of a message must have had in common. */
type Relayed = Extract<Counted, { from: string; mark: string }>

export function checkDelivery(
  sessions: ReadonlyMap<string, Session>,
  stays: ReadonlyMap<SentRecord, Stay>,
  accuse: Accuse,
): void {
  const delivered = new Map<string, Set<SentRecord>>()
  for (const session of sessions.values()) {
    delivered.set(session.peer, new Recipient(session, sessions, stays, accuse).read())
  }
  for (const sender of sessions.values()) {
    for (const record of sender.sent) {
      if (record === undefined || !('to' in record.message)) continue
      if (record.refused !== undefined || record.ackedAt === Infinity) continue
      const { to } = record.message
      if (sessions.get(to)?.end === 'open' && !delivered.get(to)!.has(record)) {
        accuse('gap', sessions.get(to)!, `never got ${nameOf(sender, record)}, which was acknowledged`)
      }
    }
  }
}

const nameOf = ({ client, peer }: Session, { id, message }: SentRecord): string =>
  `${message.kind} ${id} of ${client} (${peer}) in ${message.room}`

class Recipient {
  readonly #session: Session
  readonly #sessions: ReadonlyMap<string, Session>
  readonly #stays: ReadonlyMap<SentRecord, Stay>
  readonly #accuse: Accuse
  readonly #places = new Map<string, Place>()
  readonly #received = new Set<SentRecord>()
  /** The highest id that has arrived of each sender. */
  readonly #highest = new Map<Session, number>()
  /** The highest id known to be dealt with by an `ack` in its place among the frames. */
  #acked = 0
  /** The highest id that the last resume knew of. */
  #resumedAt = 0

  constructor(
    session: Session,
    sessions: ReadonlyMap<string, Session>,
    stays: ReadonlyMap<SentRecord, Stay>,
    accuse: Accuse,
  ) {
    this.#session = session
    this.#sessions = sessions
    this.#stays = stays
    this.#accuse = accuse
  }

  /** Returns the direct messages that have arrived. */
  read(): Set<SentRecord> {
    for (const entry of this.#session.entries) {
      // What `welcome` said before may be said again, ahead of the frames that are repeated.
      if (entry.what === 'acked') this.#heard(entry.id, entry.resume)
      else if (entry.what === 'received') this.#receive(entry.frame)
    }
    for (const place of this.#places.values()) this.#finish(place)
    return this.#received
  }

  #heard(id: number, resume: boolean): void {
    if (resume) this.#resumedAt = id
    else if (id > this.#resumedAt) this.#acked = id
  }

  #receive(frame: Counted): void {
    if (frame.kind === 'joined') this.#joined(frame)
    else if (frame.kind === 'peer-left') this.#peerLeft(frame.room, frame.from)
    else this.#relayed(frame)
  }

  #joined({ id, room, members }: Extract<Counted, { kind: 'joined' }>): void {
    const before = this.#places.get(room)
    if (before) this.#finish(before)
    const stay = this.#stays.get(this.#session.sent[id]!)
    if (stay === undefined || stay.room !== room) {
      this.#accuse(
        'unfounded',
        this.#session,
        `"joined" ${room} by message ${id}, which asked for no such thing`,
      )
      return
    }
    const place: Place = { stay, following: new Map() }
    this.#places.set(room, place)
    for (const { mark } of members) this.#follow(place, mark, false)
  }

  #follow(place: Place, mark: string, contiguous: boolean): void {
    const stay = stayOf(this.#sessions, this.#stays, mark, place.stay.room)
    if (stay === undefined) return // the presence check tells
    const position = stay.session.byRoom.get(place.stay.room)!.indexOf(stay.join)
    place.following.set(stay.session.peer, { sender: stay.session, position, contiguous })
  }

  #relayed(frame: Relayed): void {
    const found = sentBy(this.#sessions, frame.mark)
    if (found === undefined) {
      this.#accuse(
        'misdelivery',
        this.#session,
        `${frame.kind} in ${frame.room}: nobody sent "${frame.mark}"`,
      )
      return
    }
    const { sender, record } = found
    const wrong = this.#wrongIn(frame, sender, record)
    if (wrong !== undefined) {
      this.#accuse('misdelivery', this.#session, `${nameOf(sender, record)} ${wrong}`)
      return
    }
    if (!this.#inOrder(sender, record)) return
    const place = this.#places.get(frame.room)!
    if (frame.kind === 'peer-joined') this.#follow(place, frame.mark, true)
    else if (!('to' in record.message)) this.#advance(place, sender, record)
  }

  /** What of a frame isn't as it was sent, or why it should not be here; undefined: all is well. */
  #wrongIn(frame: Relayed, sender: Session, record: SentRecord): string | undefined {
    const { message } = record
    const kind = message.kind === 'join' ? 'peer-joined' : message.kind
    if (frame.from !== sender.peer) return `came as if from ${frame.from}`
    if (frame.room !== message.room) return `came in ${frame.room}`
    if (frame.kind !== kind) return `came as ${frame.kind}`
    if (sender === this.#session) return 'came back to its sender'
    if ('to' in message && message.to !== this.#session.peer) return `was for ${message.to}`
    if (record.refused !== undefined) return `was refused with ${record.refused}, and came all the same`
    const place = this.#places.get(frame.room)
    if (place === undefined) return 'came to somebody who never was in that room'
    const { leave } = place.stay
    if (leave && leave.id <= this.#acked) return 'came to somebody who had left that room'
    return undefined
  }

  /** Each sender's messages arrive in the order of their ids, whatever their kinds, and once. */
  #inOrder(sender: Session, record: SentRecord): boolean {
    const twice = this.#received.has(record)
    this.#received.add(record)
    const highest = this.#highest.get(sender) ?? 0
    this.#highest.set(sender, Math.max(highest, record.id))
    if (record.id > highest) return true
    if (twice) this.#accuse('duplicate', this.#session, `got ${nameOf(sender, record)} twice`)
    else this.#accuse('reordering', this.#session, `got ${nameOf(sender, record)} after ${highest}`)
    return false
  }

  /** A message to the whole room has come: those before it must have come before. */
  #advance(place: Place, sender: Session, record: SentRecord): void {
    const following = place.following.get(sender.peer)
    if (following === undefined) return // the presence check tells
    const index = sender.byRoom.get(place.stay.room)!.indexOf(record, following.position + 1)
    if (index < 0) return // of an earlier stay: the order told
    this.#expect(place, following, index, () => true)
    following.position = index
    following.contiguous = true
  }

  #peerLeft(room: string, from: string): void {
    const place = this.#places.get(room)
    const following = place?.following.get(from)
    if (place === undefined || following === undefined) return // the presence check tells
    const records = following.sender.byRoom.get(room)!
    const leave = records.findIndex(
      ({ message, refused }, i) =>
        i > following.position && message.kind === 'leave' && refused === undefined,
    )
    // When a session ends, what was acknowledged stood in all outboxes before that; of the rest nobody knows.
    const isOver = following.sender.end !== 'open' && (records[leave]?.ackedAt ?? Infinity) === Infinity
    const end = leave < 0 ? records.length : leave
    this.#expect(place, following, end, ({ ackedAt }) => !isOver || ackedAt < Infinity)
    place.following.delete(from)
  }

  /** The member left, or the logs end: what was dealt with before that must have come. */
  #finish({ stay, following }: Place): void {
    const { room } = stay
    const until = certainUntil(stay)
    for (const one of following.values()) {
      const records = one.sender.byRoom.get(room)!
      this.#expect({ stay, following }, one, records.length, ({ ackedAt }) => ackedAt < until)
    }
  }

  /** Messages to the room behind `position` and before `end` that were due, and haven't come. */
  #expect(
    { stay }: Place,
    { sender, position, contiguous }: Following,
    end: number,
    isDue: (record: SentRecord) => boolean,
  ): void {
    const records = sender.byRoom.get(stay.room)!
    for (let i = position + 1; i < end; i++) {
      const record = records[i]!
      if (record.refused !== undefined || 'to' in record.message) continue
      if (!(contiguous || record.at > stay.knownAt) || !isDue(record)) continue
      if (record.message.kind === 'leave') {
        this.#accuse(
          'ghost',
          this.#session,
          `never heard that ${sender.client} (${sender.peer}) left ${stay.room}`,
        )
        return
      }
      this.#accuse('gap', this.#session, `never got ${nameOf(sender, record)}`)
    }
  }
}
