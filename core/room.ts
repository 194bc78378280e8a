import type { Door } from './protocol.js'
import type { RoomRule } from './room-rules.js'
import type { Membership, Session } from './session.js'

/** The peers that may signal each other. The engine holds the same members, by number. */
export class Room {
  readonly name: string
  /** What the engine calls it. */
  readonly number: number
  readonly rule: RoomRule
  /** How the door stands now; moderators change it, until the last member leaves. */
  door: Door
  readonly members: Membership[] = []
  #moderators: Set<Membership> | null = null
  /** By principal, where the rule wants each but once; else null. */
  readonly #principals: Map<string, Membership> | null
  #hidden = 0

  constructor(name: string, number: number, rule: RoomRule) {
    this.name = name
    this.number = number
    this.rule = rule
    this.door = rule.door
    this.#principals = rule.duplicates === 'allow' ? null : new Map()
  }

  /** The members that may admit, remove and lock. */
  get moderators(): Iterable<Membership> {
    return this.#moderators ?? []
  }

  /** The members that others are told of. */
  get introduced(): readonly Membership[] {
    return this.#hidden === 0 ? this.members : this.members.filter(({ hidden }) => !hidden)
  }

  /** The member that is the same principal, where the rule asks for it. */
  twinOf({ principal }: Session): Membership | undefined {
    return principal.shared ? undefined : this.#principals?.get(principal.id)
  }

  add(session: Session, data: string): Membership {
    const { id, grants } = session.principal
    const hidden = grants.hidden === true
    const position = this.members.length
    const membership: Membership = { session, room: this, data, position, id: session.id, hidden }
    this.members.push(membership)
    if (hidden) this.#hidden++
    this.#principals?.set(id, membership)
    this.regrant(membership)
    return membership
  }

  /** O(1): the last member takes the place, as in the engine. */
  remove(membership: Membership): void {
    this.#moderators?.delete(membership)
    this.#principals?.delete(membership.session.principal.id)
    if (membership.hidden) this.#hidden--
    const last = this.members.pop()!
    if (last === membership) return
    last.position = membership.position
    this.members[membership.position] = last
  }

  /** The member's grants are others now. */
  regrant(membership: Membership): void {
    if (membership.session.principal.grants.moderate !== true) {
      this.#moderators?.delete(membership)
    } else {
      this.#moderators ??= new Set()
      this.#moderators.add(membership)
    }
  }

  /** Queues one frame of the log for every member but `except`. */
  broadcast(position: number, except?: Session): void {
    for (const { session } of this.members) if (session !== except) session.outbox.push(position)
  }
}
