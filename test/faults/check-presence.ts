/** Does every member know who else is in its rooms: nobody who isn't, everybody who is, and never a flap? */

import type { Case } from './case.js'
import { certainUntil, knownTo, nodeAt, type SentRecord, type Session, type Stay, stayOf } from './history.js'

/** Whom a member believes to be in a room, with the mark of their metadata. */
type View = Map<string, string>

export function checkPresence(all: Case): void {
  const truth = presentAtTheEnd(all.stays)
  for (const session of all.sessions.values()) {
    const views = follow(session, all)
    if (session.end !== 'open') continue
    for (const [room, view] of views) {
      const members = truth.get(room)
      if (members?.has(session.peer)) compare(session, room, view, members, all)
    }
  }
  checkArrivals(all)
}

/** Reads what a session was told, complaining where it can't be; returns what it believes at the end. */
function follow(session: Session, { sessions, stays, sights, accuse, excuse }: Case): Map<string, View> {
  const views = new Map<string, View>()
  const met = new Set<string>()
  const enter = (room: string, peer: string, mark: string, at: number) => {
    const stay = stayOf(sessions, stays, mark, room)
    if (stay?.session.peer !== peer)
      accuse('ghost', session, `${peer} is said to be in ${room}, and never was`)
    else if (stay.join.at > at)
      accuse('ghost', session, `${peer} is said to be in ${room} before it asked to`)
    views.get(room)?.set(peer, mark)
    met.add(`${room} ${peer}`)
  }
  for (const entry of session.entries) {
    if (entry.what !== 'received') continue
    const { frame, at } = entry
    if (frame.kind === 'joined') {
      views.set(frame.room, new Map())
      for (const { peer, mark } of frame.members) enter(frame.room, peer, mark, at)
      continue
    }
    const { room, from } = frame
    const view = views.get(room)
    if (frame.kind === 'peer-joined') {
      if (view?.has(from)) accuse('duplicate', session, `${from} joined ${room} and was there already`)
      enter(room, from, frame.mark, at)
    } else if (frame.kind === 'peer-left') {
      if (!view?.delete(from)) {
        if (met.has(`${room} ${from}`)) accuse('duplicate', session, `${from} left ${room} twice`)
        else accuse('ghost', session, `${from} left ${room} and was never there`)
        continue
      }
      const reason = sights.reasonFor(entry)
      if (reason === 'cut') excuse('cut off')
      if (reason === 'none') {
        const { client } = sessions.get(from)!
        accuse('ghost', session, `${client} (${from}) is said to have left ${room}, and never did`)
      }
    } else {
      if (view && !view.has(from))
        accuse('ghost', session, `${frame.kind} in ${room} from ${from}, who isn't there`)
      if (frame.kind === 'update') view?.set(from, frame.mark)
    }
  }
  return views
}

/** Room by room: who is there when the logs end, with the mark of its metadata. */
function presentAtTheEnd(stays: ReadonlyMap<SentRecord, Stay>): Map<string, Map<string, string>> {
  const rooms = new Map<string, Map<string, string>>()
  for (const { session, room, join, leave } of stays.values()) {
    if (leave !== undefined || session.end !== 'open' || join.ackedAt === Infinity) continue
    let mark = ''
    for (const { message, refused, id } of session.byRoom.get(room)!) {
      const says = message.kind === 'join' || message.kind === 'update'
      if (says && id >= join.id && refused === undefined) mark = message.mark
    }
    if (!rooms.has(room)) rooms.set(room, new Map())
    rooms.get(room)!.set(session.peer, mark)
  }
  return rooms
}

function compare(
  session: Session,
  room: string,
  view: View,
  members: ReadonlyMap<string, string>,
  { accuse }: Case,
): void {
  for (const [peer, mark] of members) {
    if (peer === session.peer) continue
    if (!view.has(peer)) accuse('ghost', session, `doesn't know that ${peer} is in ${room}`)
    else if (view.get(peer) !== mark) accuse('gap', session, `knows old metadata of ${peer} in ${room}`)
  }
  for (const peer of view.keys()) {
    if (!members.has(peer)) accuse('ghost', session, `believes that ${peer} is in ${room}`)
  }
}

/** Who was certainly there when somebody joined has heard of it. */
function checkArrivals({ sessions, stays, sights, accuse }: Case): void {
  const heard = new Map<Session, Set<Stay | undefined>>()
  const heardBy = (session: Session) => {
    let known = heard.get(session)
    if (known === undefined) {
      known = new Set()
      for (const entry of session.entries) {
        if (entry.what !== 'received' || entry.frame.kind !== 'peer-joined') continue
        known.add(stayOf(sessions, stays, entry.frame.mark, entry.frame.room))
      }
      heard.set(session, known)
    }
    return known
  }
  /** When it is certain that the witness was told; Infinity: never. */
  const toldAt = (newcomer: Stay, witness: Stay): number => {
    const { session, join, room } = newcomer
    const node = nodeAt(session, join.at)
    if (nodeAt(witness.session, join.at) === node)
      return join.at > knownTo(witness, node) ? join.ackedAt : Infinity
    const sight = sights
      .of(session, room, witness.session)
      .find((one) => one.listedBy === join && one.stay === witness)
    if (sight === undefined || sights.between(session, witness.session, join.at) !== undefined)
      return Infinity
    // What was published later, and dealt with on all nodes, came behind the news of the newcomer.
    const later = publishedIn(newcomer).find(({ ackedAt }) => ackedAt < Infinity)
    if (later === undefined || sights.between(session, witness.session, later.ackedAt)) return Infinity
    return later.ackedAt
  }
  const byRoom = new Map<string, Stay[]>()
  for (const stay of stays.values()) {
    if (!byRoom.has(stay.room)) byRoom.set(stay.room, [])
    byRoom.get(stay.room)!.push(stay)
  }
  for (const inRoom of byRoom.values()) {
    for (const witness of inRoom) {
      const until = certainUntil(witness)
      for (const newcomer of inRoom) {
        const { session } = newcomer
        if (session === witness.session || !(toldAt(newcomer, witness) < until)) continue
        if (!heardBy(witness.session).has(newcomer))
          accuse(
            'gap',
            witness.session,
            `never heard that ${session.client} (${session.peer}) joined ${witness.room}`,
          )
      }
    }
  }
}

/** What was published during a stay, and not refused. */
const publishedIn = ({ session, room, join, leave }: Stay): SentRecord[] =>
  session.byRoom.get(room)!.filter(({ id, message, refused }) => {
    const during = id > join.id && (leave === undefined || id < leave.id)
    return during && message.kind === 'publish' && refused === undefined
  })
