/** `createSeal`: sealed signaling, for `connect(url, { seal })`. docs/guides/sealing.md says what it is good against. */

import type { Identity } from '../identity/identity.js'
import type { Trust } from '../identity/trust.js'
import type { RoomLink } from '../room-link.js'
import type { Credentials } from './credentials.js'
import { RoomSecret } from './room-secret.js'
import { SealedRoom } from './sealed-room.js'

export interface SealOptions {
  /** Signs the DTLS fingerprints of our descriptions. */
  readonly identity?: Identity
  /** Whose signature counts. With it, a description that nobody trusted has signed is refused with E_IDENTITY. */
  readonly trust?: Trust
}

/** One for one session. */
export class Seal {
  readonly #credentials: Credentials
  readonly #rooms = new Map<string, SealedRoom>()

  /** Use `createSeal`. */
  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /** Who a peer in a room has proved to be; undefined before its first description, or without `trust`. */
  identityOf(
    room: string,
    peerId: string,
  ): { readonly name: string; readonly publicKey: string } | undefined {
    return this.#rooms.get(room)?.identityOf(peerId)
  }

  /** For the session: what a room gets in the place of this link. */
  room(name: string, link: RoomLink): RoomLink {
    const room = new SealedRoom(name, this.#credentials, link, this.#rooms.has(name))
    this.#rooms.set(name, room)
    return room.link
  }
}

/**
 * Seals all that rooms say with a secret that the members share and the server doesn't know: 16 bytes or more that
 * nobody can guess, from `createSecret`. A password won't do. Throws E_SETUP.
 */
export async function createSeal(
  secret: string | Uint8Array,
  { identity, trust }: SealOptions = {},
): Promise<Seal> {
  return new Seal({ secret: await RoomSecret.from(secret), identity, trust })
}
