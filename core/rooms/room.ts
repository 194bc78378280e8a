import { createHash } from 'node:crypto'
import type { Link } from '../cluster/links/link.js'
import type { Abroad } from '../cluster/presence/abroad.js'
import type { Principal } from '../contracts/auth.js'
import type { Door } from '../protocol.js'
import type { Membership, Session } from '../sessions/session.js'
import type { RoomRule } from './room-rules.js'

/** Enough that no two principals share it. */
const PRINCIPAL_BYTES = 12

/** A member as the others see it. */
export interface Introduced {
  readonly id: string
  /** Metadata: JSON text. */
  readonly data: string
}

/** The peers that may signal each other. The engine holds those of this node, by number. */
export class Room {
  readonly name: string
  /** What the engine calls it. */
  readonly number: number
  readonly rule: RoomRule
  /** How the door stands now; moderators change it, until the last member leaves. */
  door: Door
  /** When a moderator set it last, in the order of all nodes; 0: never. */
  doorStamp = 0
  /** The members here. */
  readonly members: Membership[] = []
  /** What it is on other nodes; null without a cluster. */
  abroad: Abroad | null = null
  #moderators: Set<Membership> | null = null
  /** By `principalOf`, where the rule wants each but once; else null. */
  readonly #principals: Map<string, Membership> | null
  #hidden = 0

  constructor(name: string, number: number, rule: RoomRule) {
    this.name = name
    this.number = number
    this.rule = rule
    this.door = rule.door
    this.#principals = rule.duplicates === 'allow' ? null : new Map()
  }

  /** Members here and on other nodes, as far as those tell of them. */
  get size(): number {
    return this.members.length + (this.abroad === null ? 0 : this.abroad.members.size)
  }

  /** The members here that may admit, remove and lock. */
  get moderators(): Iterable<Membership> {
    return this.#moderators ?? []
  }

  /** The members that others are told of. */
  get introduced(): readonly Introduced[] {
    const here = this.#hidden === 0 ? this.members : this.members.filter(({ hidden }) => !hidden)
    return this.abroad === null || this.abroad.members.size === 0
      ? here
      : [...here, ...this.abroad.members.values()]
  }

  /** What stands for a principal where the room wants each but once: the same on every node. Else empty. */
  principalOf({ principal }: Session): string {
    return this.#principals === null || principal.shared ? '' : digest(principal)
  }

  /** The member here that is this principal, by what stands for it. */
  twinBy(principal: string): Membership | undefined {
    return this.#principals?.get(principal)
  }

  add(
    session: Session,
    data: string,
    stamp = 0,
    hidden = session.principal.grants.hidden === true,
  ): Membership {
    const { id, connection } = session
    const principal = this.principalOf(session)
    const membership: Membership = {
      session,
      room: this,
      id,
      data,
      hidden,
      position: this.members.length,
      stamp,
      principal,
      away: connection === null,
    }
    this.members.push(membership)
    if (membership.hidden) this.#hidden++
    if (principal !== '') this.#principals!.set(principal, membership)
    this.regrant(membership)
    return membership
  }

  /** O(1): the last member takes the place, as in the engine. */
  remove(membership: Membership): void {
    this.#moderators?.delete(membership)
    if (this.twinBy(membership.principal) === membership) this.#principals!.delete(membership.principal)
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

  /** Queues one frame of the log for every member here but `except`. */
  broadcast(position: number, except?: Session): void {
    for (const { session } of this.members) if (session !== except) session.outbox.push(position)
  }

  /** Queues one that a link has brought: those that are on their way to another node are given it there. */
  pass(position: number, link: Link): void {
    for (const { session } of this.members) this.passTo(session, position, link)
  }

  /** The same for one member. */
  passTo({ gate, outbox }: Session, position: number, link: Link): void {
    if (gate === null || gate.passes(link, this, position)) outbox.push(position)
  }
}

const digest = ({ id }: Principal): string =>
  createHash('sha256').update(id).digest().toString('base64url', 0, PRINCIPAL_BYTES)
