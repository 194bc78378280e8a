/** The rooms of a session: asks the server for them, and judges its answers. */

import type { ServerMessage } from '../core/protocol.js'
import { joiningUrl } from './address.js'
import { invitesRejoin } from './close-codes.js'
import type { SignalboxError } from './errors.js'
import { type Exclusion, errorOfExclusion } from './exclusion.js'
import type { Membership } from './membership.js'
import type { Outbox } from './outbox.js'

/** What a join is answered by. */
type Answer = Extract<ServerMessage, { type: 'joined' | 'waiting' | 'denied' }>

export class Roster {
  readonly #outbox: Outbox
  readonly #isOpen: () => boolean
  readonly #memberships = new Map<string, Membership>()
  /** The membership that the handshake under way asks for. */
  #byUrl: Membership | undefined

  /** `isOpen`: whether the server has let us in. */
  constructor(outbox: Outbox, isOpen: () => boolean) {
    this.#outbox = outbox
    this.#isOpen = isOpen
  }

  get(name: string): Membership | undefined {
    return this.#memberships.get(name)
  }

  /** All of them as they are now, in the order in which they were asked for. */
  get all(): readonly Membership[] {
    return [...this.#memberships.values()]
  }

  /** One more; `join` asks for it, or the next handshake. */
  add(membership: Membership): void {
    this.#memberships.set(membership.room.name, membership)
  }

  /** The app has left the room, and tells the server itself. */
  leave(membership: Membership): void {
    this.#memberships.delete(membership.room.name)
    membership.leave()
  }

  join(membership: Membership): void {
    const { name } = membership.room
    const data = membership.data
    const sent = this.#outbox.request({ type: 'join', room: name, ...(data !== undefined && { data }) })
    membership.joinId = this.#outbox.lastId
    // A join that was lost with the session is made again in the next one.
    sent.catch((error) => error.code === 'E_SESSION_LOST' || this.#refused(membership, error))
  }

  /** The URL for a handshake with `target` that joins our first room too, if there is one and it fits. */
  joiningUrl(target: URL): string | undefined {
    const [first] = this.#memberships.values()
    const url = first && joiningUrl(target, first.room.name, first.data)
    this.#byUrl = url === undefined ? undefined : first
    return url
  }

  /** The session goes on; what the server doesn't know of yet is asked for. */
  resume(): void {
    for (const membership of this.all) if (!membership.resume()) this.join(membership)
  }

  /** The session is another one: all rooms are asked for again, but for that of the handshake. */
  begin(): void {
    for (const membership of this.#memberships.values()) {
      membership.lose()
      if (membership !== this.#byUrl) this.join(membership)
    }
  }

  /** We are in a room. Says whether anybody waited for it. */
  joined(message: Extract<Answer, { type: 'joined' }>): boolean {
    const membership = this.#asked(message)
    if (message.id !== undefined) this.#outbox.joined(message.id)
    else this.#byUrl = undefined
    return membership?.joined(message.peers) ?? false
  }

  /** We are before the door of a room. */
  waits(message: Extract<Answer, { type: 'waiting' }>): void {
    this.#asked(message)?.wait()
  }

  /** Nobody let us in, or somebody removed us. */
  excluded(message: Exclusion): void {
    const error = errorOfExclusion(message)
    const isDenied = message.type === 'denied'
    const membership = isDenied ? this.#asked(message) : this.get(message.room)
    if (membership === this.#byUrl) this.#byUrl = undefined
    if (isDenied && message.id !== undefined) this.#outbox.refuse(message.id, error)
    if (membership) this.end(membership, error)
  }

  /** An error that names no message: says whether it answers the handshake's wish for a room. */
  refusedByUrl(error: SignalboxError): boolean {
    const membership = this.#byUrl
    if (!membership?.isOutside) return false
    this.#byUrl = undefined
    this.#refused(membership, error)
    return true
  }

  /** A room is over. */
  end(membership: Membership, error: SignalboxError): void {
    this.#memberships.delete(membership.room.name)
    membership.end(error)
  }

  #refused(membership: Membership, error: SignalboxError): void {
    // Asked for twice, and let in by the first answer, or waiting with it; or left in the meantime.
    if (!membership.isOutside || this.get(membership.room.name) !== membership) return
    if (membership.returns && this.#isOpen() && invitesRejoin(error.code)) {
      membership.retry(error.retryAfterMs, () => this.join(membership))
    } else this.end(membership, error)
  }

  /** The membership that asked for this answer; none when it is over, and not one that has begun since. */
  #asked({ id, room }: Answer): Membership | undefined {
    const membership = this.get(room)
    if (id !== undefined) return membership?.joinId === id ? membership : undefined
    // We left while the handshake was under way.
    if (!membership) void this.#outbox.request({ type: 'leave', room })
    return membership === this.#byUrl ? membership : undefined
  }
}
