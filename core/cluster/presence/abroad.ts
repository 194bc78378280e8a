import type { Room } from '../../rooms/room.js'
import type { Link } from '../links/link.js'
import type { RemoteKnock } from '../orders/moderation-abroad.js'
import type { RemoteMember } from './remote-member.js'
import type { Share } from './share.js'

/** What another node has told of a room: its number there, and its members. */
export interface Sight {
  readonly room: Room
  readonly link: Link
  readonly number: number
  readonly members: Set<RemoteMember>
  /** Members that were told before the room was synced again, and not since: they will have left. */
  readonly stale: Set<RemoteMember>
  /** Whether all who were members there when it began to tell have been told. */
  isWhole: boolean
}

/** What a room is on other nodes. */
export class Abroad {
  /** Nothing was heard of it on any other node yet. */
  isNew = true
  /** One for each node that has members there and is told of ours: what is sent to the room goes over these. */
  readonly shares: Share[] = []
  readonly sights = new Map<Link, Sight>()
  /** The members there, by id. */
  readonly members = new Map<string, RemoteMember>()
  /** Those who wait before it there, by id. */
  readonly knocks = new Map<string, RemoteKnock>()
  /** Those of them whose principal must be in the room but once. */
  readonly #principals = new Map<string, RemoteMember>()

  shareOf(link: Link): Share | undefined {
    return this.shares.find((share) => share.link === link)
  }

  /** The member there that is this principal. */
  twinOf(principal: string): RemoteMember | undefined {
    return this.#principals.get(principal)
  }

  add(member: RemoteMember): void {
    this.members.set(member.id, member)
    this.sights.get(member.link)?.members.add(member)
    if (member.principal !== '') this.#principals.set(member.principal, member)
  }

  /** Takes out a member; undefined when there is none of that id. */
  delete(id: string): RemoteMember | undefined {
    const member = this.members.get(id)
    if (member === undefined) return undefined
    this.members.delete(id)
    const sight = this.sights.get(member.link)
    sight?.members.delete(member)
    sight?.stale.delete(member)
    if (this.#principals.get(member.principal) === member) this.#principals.delete(member.principal)
    return member
  }
}
