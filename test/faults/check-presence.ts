/** Does every member know who else is in its rooms: nobody who isn't, everybody who is, and never a flap? */

import { type Accuse, certainUntil, type SentRecord, type Session, type Stay, stayOf } from './history.js'

/** Whom a member believes to be in a room, with the mark of their metadata. */
type View = Map<string, string>

export function checkPresence(
  sessions: ReadonlyMap<string, Session>,
  stays: ReadonlyMap<SentRecord, Stay>,
  accuse: Accuse,
): void {
  const truth = presentAtTheEnd(stays)
  for (const session of sessions.values()) {
    const views = follow(session, sessions, stays, accuse)
    if (session.end !== 'open') continue
    for (const [room, view] of views) {
      const members = truth.get(room)
      if (members?.has(session.peer)) compare(session, room, view, members, accuse)
    }
  }
  checkArrivals(stays, accuse)
}

/** Reads what a session was told, complaining where it can't be; returns what it believes at the end. */
function follow(
  session: Session,
  sessions: ReadonlyMap<string, Session>,
  stays: ReadonlyMap<SentRecord, Stay>,
  accuse: Accuse,
): Map<string, View> {
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
      if (view?.delete(from)) checkDeparture(session, sessions.get(from), room, at, accuse)
      else if (met.has(`${room} ${from}`)) accuse('duplicate', session, `${from} left ${room} twice`)
      else accuse('ghost', session, `${from} left ${room} and was never there`)
    } else {
      if (view && !view.has(from))
        accuse('ghost', session, `${frame.kind} in ${room} from ${from}, who isn't there`)
      if (frame.kind === 'update') view?.set(from, frame.mark)
    }
  }
  return views
}

/** Nobody leaves who hasn't asked to, unless its session is over. */
function checkDeparture(
  witness: Session,
  gone: Session | undefined,
  room: string,
  at: number,
  accuse: Accuse,
): void {
  if (gone === undefined || gone.end === 'lost') return
  if (gone.end === 'ended' && gone.endedAt <= at) return
  const left = gone.byRoom
    .get(room)
    ?.some(({ message, at: sentAt, refused }) => message.kind === 'leave' && sentAt <= at && !refused)
  if (!left)
    accuse('ghost', witness, `${gone.client} (${gone.peer}) is said to have left ${room}, and never did`)
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
  accuse: Accuse,
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
function checkArrivals(stays: ReadonlyMap<SentRecord, Stay>, accuse: Accuse): void {
  const heard = new Map<Session, Set<string>>()
  const heardBy = (session: Session) => {
    let marks = heard.get(session)
    if (marks === undefined) {
      marks = new Set()
      for (const entry of session.entries) {
        if (entry.what === 'received' && entry.frame.kind === 'peer-joined') marks.add(entry.frame.mark)
      }
      heard.set(session, marks)
    }
    return marks
  }
  const byRoom = new Map<string, Stay[]>()
  for (const stay of stays.values()) {
    if (!byRoom.has(stay.room)) byRoom.set(stay.room, [])
    byRoom.get(stay.room)!.push(stay)
  }
  for (const inRoom of byRoom.values()) {
    for (const witness of inRoom) {
      const { session, knownAt } = witness
      const until = certainUntil(witness)
      for (const { session: newcomer, join, room } of inRoom) {
        if (newcomer === session || join.at <= knownAt || join.ackedAt >= until) continue
        if ('mark' in join.message && !heardBy(session).has(join.message.mark)) {
          accuse('gap', session, `never heard that ${newcomer.client} (${newcomer.peer}) joined ${room}`)
        }
      }
    }
  }
}
