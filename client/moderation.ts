/** What a moderator may do to a room, and to those in it and before it. */

import type { Moderation as Order, PeerInfo } from '../core/protocol.js'

/**
 * Each order resolves when the server has carried it out. It rejects with E_FORBIDDEN when our token doesn't say that
 * we moderate, with E_NO_PEER when the one it is about isn't there, and otherwise as `room.publish`.
 */
export class Moderation {
  /** Who waits to be let in, by id, in the order in which they came. Live; empty for those who don't moderate. */
  readonly knocks: ReadonlyMap<string, PeerInfo>
  readonly #give: (order: Order) => Promise<void>

  /** Made by the room. */
  constructor(knocks: ReadonlyMap<string, PeerInfo>, give: (order: Order) => Promise<void>) {
    this.knocks = knocks
    this.#give = give
  }

  /** Removes another member, which is told the reason (at most 200 characters). It may come back through an open door. */
  kick(peerId: string, reason?: string): Promise<void> {
    return this.#give({ action: 'kick', peer: peerId, ...(reason !== undefined && { reason }) })
  }

  /** Lets in one who waits. Rejects with E_ROOM_FULL when there is no place; it goes on waiting then. */
  admit(peerId: string): Promise<void> {
    return this.#give({ action: 'admit', peer: peerId })
  }

  /** Sends away one who waits. As `kick`. */
  deny(peerId: string, reason?: string): Promise<void> {
    return this.#give({ action: 'deny', peer: peerId, ...(reason !== undefined && { reason }) })
  }

  /** Nobody comes in any more, but moderators. */
  lock(): Promise<void> {
    return this.#give({ action: 'lock' })
  }

  /** Newcomers wait from now on. */
  lobby(): Promise<void> {
    return this.#give({ action: 'lobby' })
  }

  /** Everybody may come in; those who wait do, as far as there is room. */
  open(): Promise<void> {
    return this.#give({ action: 'open' })
  }
}
