/** Where members of other nodes are reached, while one of them moves. */

import type { FrameLog } from '../../egress/frame-log.js'
import { peerLeftFrame } from '../../hub/control-frames.js'
import type { Room } from '../../rooms/room.js'
import type { Membership } from '../../sessions/session.js'
import type { Link } from '../links/link.js'
import type { RemoteMember } from '../presence/remote-member.js'
import { moveOf, type Passage } from './handover-records.js'

/** A member is to be reached over `to`; `former` has it until its new node says that it is there. */
export function rehome(room: Room, passage: Passage, to: Link, former: Link): void {
  const member = room.abroad!.members.get(passage.id)
  if (member?.link !== former) return
  member.move = moveOf(passage)
  place(room, member, to, former)
}

/** It stays with its former node. */
export function staysWith(room: Room, passage: Passage, former: Link): void {
  const member = room.abroad!.members.get(passage.id)
  if (member?.move !== moveOf(passage)) return
  member.move = undefined
  place(room, member, former, undefined)
}

/** Its new node doesn't have it, and it is back at its former one: true. False: nobody has it. */
export function fallsBack(room: Room, member: RemoteMember): boolean {
  const { former } = member
  if (former === undefined || !room.abroad!.sights.has(former)) return false
  place(room, member, former, undefined)
  return true
}

/** What was a member here, and has just been taken out without a word, is one of another node: if that has the room. */
export function settle(
  { room, id, data, stamp, principal, away, hidden }: Membership,
  link: Link,
  move: string | undefined,
  log: FrameLog,
): void {
  if (hidden || room.members.length === 0) return
  const abroad = room.abroad!
  if (abroad.sights.has(link)) abroad.add({ id, data, stamp, principal, away, link, move })
  else room.broadcast(log.append(peerLeftFrame(room.name, id)))
}

function place(room: Room, member: RemoteMember, link: Link, former: Link | undefined): void {
  const abroad = room.abroad!
  abroad.delete(member.id)
  member.link = link
  member.former = former
  abroad.add(member)
}
