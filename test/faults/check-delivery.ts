/** Did everyone get what was meant for it, once, in its sender's order, and nothing else? */

import type { Case } from './case.js'
import {
  certainUntil,
  knownTo,
  nodeAt,
  type SentRecord,
  type Session,
  type Stay,
  sentBy,
  stayOf,
} from './history.js'
import type { Counted, Entry, Outage } from './log.js'

/** A refusal and the news of a departure may cross, milliseconds. */
const CROSSING_MS = 1000

/** How far one member has followed another's messages to a room. */
interface Following {
  readonly sender: Session
  /** Since when the member knew of the sender: what was handed over later is due. */
  readonly since: number
  /** Index in what the sender sent to that room: the last one that has arrived, or the sender's join. */
  position: number
  /** Whether everything behind `position` must arrive; else only what was sent once one knew of the other. */
  contiguous: boolean
}

/** A member's own stay, and whom it has met there. */
interface Place {
  readonly stay: Stay
  readonly following: Map<string, Following>
  /** Whom an outage came between: since when the member had known of them. */
  readonly cut: Map<Session, number>
}

/** What every recipient of a message must have had in common. */
type Relayed = Extract<Counted, { from: string; mark: string }>

export function checkDelivery(all: Case): void {
  const { sessions, accuse, excuse } = all
  const delivered = new Map<string, Set<SentRecord>>()
  for (const session of sessions.values()) delivered.set(session.peer, new Recipient(session, all).read())
  for (const sender of sessions.values()) {
    for (const record of sender.sent) {
      if (record === undefined || !('to' in record.message)) continue
      const receiver = sessions.get(record.message.to)
      if (receiver?.end !== 'open') continue
      if (record.refused !== undefined) checkRefusal(sender, record, receiver, all)
      else if (record.ackedAt < Infinity && !delivered.get(receiver.peer)!.has(record)) {
        if (leftMeanwhile(receiver, sender, record, all)) excuse('crossed')
        else accuse('gap', receiver, `never got ${nameOf(sender, record)}, which was acknowledged`)
      }
    }
  }
}

/**
 * Whether the receiver left on one node before the message can have come there from another, which didn't know yet. A
 * message is handed over on one node, and taken by whichever its sender is on when it is dealt with.
 */
function leftMeanwhile(receiver: Session, sender: Session, record: SentRecord, { sights }: Case): boolean {
  const { at, ackedAt, message } = record
  const nodes = [sender, receiver].flatMap((one) => [nodeAt(one, at), nodeAt(one, ackedAt)])
  if (new Set(nodes).size === 1) return false
  return sights
    .of(sender, message.room, receiver)
    .some(({ stay: { leave }, from, until }) => leave && from < at && at < until && leave.at < ackedAt)
}

/** Nobody is told that a member isn't there who was there all the time, and known to be. */
function checkRefusal(
  sender: Session,
  record: SentRecord,
  receiver: Session,
  { sights, accuse }: Case,
): void {
  if (record.refused !== 'E_NO_PEER') return
  const isSeen = sights
    .of(sender, record.message.room, receiver)
    .some(
      ({ stay, from, until }) =>
        stay.leave === undefined && from < record.at && until > record.refusedAt + CROSSING_MS,
    )
  if (isSeen)
    accuse('unfounded', sender, `${nameOf(sender, record)} was refused, though ${receiver.client} was there`)
}

/** By when it had reached the node that dealt with it; where nobody has said so, when it was handed over. */
const takenAt = ({ at, ackedAt }: SentRecord): number => (ackedAt < Infinity ? ackedAt : at)

const nameOf = ({ client, peer }: Session, { id, message }: SentRecord): string =>
  `${message.kind} ${id} of ${client} (${peer}) in ${message.room}`

class Recipient {
  readonly #session: Session
  readonly #case: Case
  readonly #places = new Map<string, Place>()
  readonly #received = new Set<SentRecord>()
  /** What was found missing. */
  readonly #missing = new Set<SentRecord>()
  /** Index of the last message that has come, by room and sender. */
  readonly #last = new Map<string, number>()
  /** The highest id that has arrived of each sender. */
  readonly #highest = new Map<Session, number>()
  /** The highest id known to be dealt with by an `ack` in its place among the frames. */
  #acked = 0
  /** The highest id that the last resume knew of. */
  #resumedAt = 0

  constructor(session: Session, all: Case) {
    this.#session = session
    this.#case = all
  }

  /** Returns the direct messages that have arrived. */
  read(): Set<SentRecord> {
    for (const entry of this.#session.entries) {
      // What `welcome` said before may be said again, ahead of the frames that are repeated.
      if (entry.what === 'acked') this.#heard(entry.id, entry.resume)
      else if (entry.what === 'received') this.#receive(entry)
    }
    for (const place of this.#places.values()) this.#finish(place)
    return this.#received
  }

  #heard(id: number, resume: boolean): void {
    if (resume) this.#resumedAt = id
    else if (id > this.#resumedAt) this.#acked = id
  }

  #receive(entry: Extract<Entry, { what: 'received' }>): void {
    const { frame, at } = entry
    if (frame.kind === 'joined') this.#joined(frame, at)
    else if (frame.kind === 'peer-left')
      this.#peerLeft(frame.room, frame.from, this.#case.sights.cutBy(entry))
    else this.#relayed(frame, at)
  }

  #joined({ id, room, members }: Extract<Counted, { kind: 'joined' }>, at: number): void {
    const before = this.#places.get(room)
    if (before) this.#finish(before)
    const stay = this.#case.stays.get(this.#session.sent[id]!)
    if (stay === undefined || stay.room !== room) {
      const what = `"joined" ${room} by message ${id}, which asked for no such thing`
      this.#case.accuse('unfounded', this.#session, what)
      return
    }
    const place: Place = { stay, following: new Map(), cut: new Map() }
    this.#places.set(room, place)
    for (const { mark } of members) this.#follow(place, mark, at, false)
  }

  /** `arrived`: the member was there first, and is told of the sender by itself. */
  #follow(place: Place, mark: string, at: number, arrived: boolean): void {
    const { room } = place.stay
    const stay = stayOf(this.#case.sessions, this.#case.stays, mark, room)
    if (stay === undefined) return // the presence check tells
    const sender = stay.session
    const joinedAt = sender.byRoom.get(room)!.indexOf(stay.join)
    const position = Math.max(joinedAt, this.#last.get(`${room} ${sender.peer}`) ?? -1)
    const contiguous = arrived && !place.cut.has(sender) && this.#wasKnownTo(place, stay)
    place.following.set(sender.peer, { sender, since: at, position, contiguous })
  }

  /** Whether somebody joined where this member was known already: nothing it said there may be missed. */
  #wasKnownTo({ stay }: Place, { session, room, join }: Stay): boolean {
    if (this.#wasHere(session, join, stay)) return true
    const sights = this.#case.sights.of(session, room, this.#session)
    const sight = sights.find((one) => one.listedBy === join && one.stay === stay)
    return sight !== undefined && sight.cutBy === undefined
  }

  #relayed(frame: Relayed, at: number): void {
    const found = sentBy(this.#case.sessions, frame.mark)
    if (found === undefined) {
      const what = `${frame.kind} in ${frame.room}: nobody sent "${frame.mark}"`
      this.#case.accuse('misdelivery', this.#session, what)
      return
    }
    const { sender, record } = found
    const wrong = this.#wrongIn(frame, sender, record)
    if (wrong !== undefined) {
      this.#case.accuse('misdelivery', this.#session, `${nameOf(sender, record)} ${wrong}`)
      return
    }
    const place = this.#places.get(frame.room)!
    if (frame.kind === 'peer-joined') {
      if (this.#isNews(sender, record, place.stay)) this.#follow(place, frame.mark, at, true)
    } else if (this.#inOrder(sender, record) && !('to' in record.message)) {
      this.#advance(place, sender, record)
    }
  }

  /**
   * An arrival stands among the newcomer's messages when it was on this node that it joined. Another node tells of its
   * members when the two find each other, as they are by then: with metadata that may have been seen before.
   */
  #isNews(sender: Session, record: SentRecord, stay: Stay): boolean {
    const isOurs = this.#wasHere(sender, record, stay)
    if (isOurs && record.message.kind === 'join') return this.#inOrder(sender, record)
    this.#received.add(record)
    this.#highest.set(sender, Math.max(this.#highest.get(sender) ?? 0, record.id))
    return true
  }

  /** Whether something was taken by the node that this member was on then, or when it joined later. */
  #wasHere(sender: Session, record: SentRecord, { join }: Stay): boolean {
    return nodeAt(sender, takenAt(record)) === nodeAt(this.#session, Math.max(takenAt(record), takenAt(join)))
  }

  /** What of a frame isn't as it was sent, or why it should not be here; undefined: all is well. */
  #wrongIn(frame: Relayed, sender: Session, record: SentRecord): string | undefined {
    const { message } = record
    const isPresence = message.kind === 'join' || message.kind === 'update'
    const isOfItsKind = frame.kind === 'peer-joined' ? isPresence : frame.kind === message.kind
    if (frame.from !== sender.peer) return `came as if from ${frame.from}`
    if (frame.room !== message.room) return `came in ${frame.room}`
    if (!isOfItsKind) return `came as ${frame.kind}`
    if (sender === this.#session) return 'came back to its sender'
    if ('to' in message && message.to !== this.#session.peer) return `was for ${message.to}`
    if (record.refused !== undefined && !this.#isInDoubt(sender, record))
      return `was refused with ${record.refused}, and came all the same`
    const place = this.#places.get(frame.room)
    if (place === undefined) return 'came to somebody who never was in that room'
    const { leave } = place.stay
    if (leave && leave.id <= this.#acked) return 'came to somebody who had left that room'
    return undefined
  }

  /** Whether the sender was told that this member had left, or had died with its node, before anybody could tell more. */
  #isInDoubt(sender: Session, record: SentRecord): boolean {
    if (record.refused !== 'E_NO_PEER' || nodeAt(sender, record.at) === nodeAt(this.#session, record.at))
      return false
    const isSo = this.#case.sights.of(sender, record.message.room, this.#session).some(({ until, cutBy }) => {
      const isGone = cutBy !== undefined || this.#session.end === 'lost'
      return isGone && until >= record.at && until <= record.refusedAt + CROSSING_MS
    })
    if (isSo) this.#case.excuse('in doubt')
    return isSo
  }

  /** Each sender's messages arrive in the order of their ids, whatever their kinds, and once. */
  #inOrder(sender: Session, record: SentRecord): boolean {
    const twice = this.#received.has(record)
    this.#received.add(record)
    const highest = this.#highest.get(sender) ?? 0
    this.#highest.set(sender, Math.max(highest, record.id))
    if (record.id > highest) return true
    const { accuse } = this.#case
    if (twice) accuse('duplicate', this.#session, `got ${nameOf(sender, record)} twice`)
    else accuse('reordering', this.#session, `got ${nameOf(sender, record)} after ${highest}`)
    return false
  }

  /** A message to the whole room has come: those before it must have come before. */
  #advance(place: Place, sender: Session, record: SentRecord): void {
    const { room } = place.stay
    const following = place.following.get(sender.peer)
    const index = sender.byRoom.get(room)!.indexOf(record, following && following.position + 1)
    if (index < 0) return // of an earlier stay: the order told
    this.#last.set(`${room} ${sender.peer}`, index)
    if (following === undefined) return // the presence check tells
    this.#expect(place, following, index, () => true, false)
    following.position = index
    following.contiguous = true
  }

  #peerLeft(room: string, from: string, cutBy: Outage | undefined): void {
    const place = this.#places.get(room)
    const following = place?.following.get(from)
    if (place === undefined || following === undefined) return // the presence check tells
    const { sender, position, since } = following
    place.following.delete(from)
    const records = sender.byRoom.get(room)!
    const leave = records.findIndex(
      ({ message, refused }, i) => i > position && message.kind === 'leave' && refused === undefined,
    )
    const end = leave < 0 ? records.length : leave
    if (cutBy !== undefined) {
      // What all nodes had dealt with before that must have come; what was under way may be lost with the way.
      this.#expect(place, following, end, (one) => this.#certainAt(sender, one) < cutBy.from)
      if (!place.cut.has(sender)) place.cut.set(sender, since)
      return
    }
    // When a session ends, what was acknowledged stood in all outboxes before that; of the rest nobody knows.
    const isOver = sender.end !== 'open' && (records[leave]?.ackedAt ?? Infinity) === Infinity
    this.#expect(place, following, end, ({ ackedAt }) => !isOver || ackedAt < Infinity)
  }

  /** The member left, or the logs end: what was dealt with before that must have come. */
  #finish(place: Place): void {
    const { stay, following, cut } = place
    const until = certainUntil(stay)
    for (const one of following.values()) {
      const { sender, since } = one
      const records = sender.byRoom.get(stay.room)!
      // Who leaves in an outage isn't told any more that the other was out of reach.
      const outage = until === Infinity ? undefined : this.#case.sights.between(this.#session, sender, until)
      if (outage !== undefined && !cut.has(sender)) cut.set(sender, since)
      const limit = Math.min(until, outage?.from ?? Infinity)
      this.#expect(place, one, records.length, (record) =>
        limit === Infinity ? record.ackedAt < Infinity : this.#certainAt(sender, record) < limit,
      )
    }
    for (const [sender, since] of cut) {
      for (const record of sender.byRoom.get(stay.room)!) {
        const { message, at, ackedAt, refused } = record
        if (at < since || ackedAt >= until || refused !== undefined) continue
        if (message.kind !== 'publish' && message.kind !== 'update') continue
        if (!this.#received.has(record) && !this.#missing.has(record)) this.#case.excuse('missed')
      }
    }
  }

  /**
   * Messages to the room behind `position` and before `end` that were due, and haven't come. `mayBeLost`: with the way
   * between two nodes, and the sender was told.
   */
  #expect(
    place: Place,
    following: Following,
    end: number,
    isDue: (record: SentRecord) => boolean,
    mayBeLost = true,
  ): void {
    const { sender, position, contiguous } = following
    const { room } = place.stay
    const records = sender.byRoom.get(room)!
    for (let i = position + 1; i < end; i++) {
      const record = records[i]!
      if (record.refused !== undefined || 'to' in record.message || !isDue(record)) continue
      if (!contiguous && !this.#wasFor(place, following, record)) continue
      const { accuse, excuse } = this.#case
      const isKnown = this.#missing.has(record)
      this.#missing.add(record)
      if (mayBeLost && this.#wasToldGone(sender, record, room)) {
        if (!isKnown) excuse('missed')
        continue
      }
      if (record.message.kind === 'leave') {
        const who = `${sender.client} (${sender.peer})`
        accuse('ghost', this.#session, `never heard that ${who} left ${room}`)
        return
      }
      accuse('gap', this.#session, `never got ${nameOf(sender, record)}`)
    }
  }

  /**
   * When a message certainly stood in this member's outbox, unless it was lost. Of what was sent on another node, only
   * publications are acknowledged when all nodes have them; what was sent before one of these came before it.
   */
  #certainAt(sender: Session, { id, at, ackedAt, message }: SentRecord): number {
    if (message.kind === 'publish' || nodeAt(sender, at) === nodeAt(this.#session, at)) return ackedAt
    const later = sender.byRoom
      .get(message.room)!
      .find((one) => one.id > id && one.message.kind === 'publish' && one.refused === undefined)
    return later?.ackedAt ?? Infinity
  }

  /** Whether sender or receiver knew of the other when a message was handed over, or the node that took it. */
  #wasFor({ stay }: Place, { sender, since }: Following, record: SentRecord): boolean {
    if (record.at > since) return true
    const node = nodeAt(sender, record.at)
    if (node === nodeAt(this.#session, record.at) && record.at > knownTo(stay, node)) return true
    return this.#case.sights
      .of(sender, stay.room, this.#session)
      .some(
        (sight) =>
          sight.stay === stay &&
          sight.from < record.at &&
          record.at < sight.until &&
          sight.cutBy === undefined,
      )
  }

  /** Whether the sender was told that this member had left, before it was told that its message was dealt with. */
  #wasToldGone(sender: Session, record: SentRecord, room: string): boolean {
    const sights = this.#case.sights.of(sender, room, this.#session)
    const certainAt = this.#certainAt(sender, record)
    return sights.some(
      ({ until, cutBy }, i) =>
        cutBy !== undefined &&
        until <= certainAt &&
        certainAt >= cutBy.from &&
        record.at < (sights[i + 1]?.from ?? Infinity),
    )
  }
}
