import type { Membership, Session } from './session.js'

/** The peers that may signal each other. The engine holds the same members, by number. */
export class Room {
  readonly name: string
  /** What the engine calls it. */
  readonly number: number
  readonly members: Membership[] = []

  constructor(name: string, number: number) {
    this.name = name
    this.number = number
  }

  add(session: Session, data: string): Membership {
    const membership = { session, room: this, data, position: this.members.length, id: session.id }
    this.members.push(membership)
    return membership
  }

  /** O(1): the last member takes the place, as in the engine. */
  remove(membership: Membership): void {
    const last = this.members.pop()!
    if (last === membership) return
    last.position = membership.position
    this.members[membership.position] = last
  }

  /** Queues one frame of the log for every member but `except`. */
  broadcast(position: number, except: Session): void {
    for (const { session } of this.members) if (session !== except) session.outbox.push(position)
  }
}
