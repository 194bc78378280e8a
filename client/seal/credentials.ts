import type { Identity } from '../identity/identity.js'
import type { Trust } from '../identity/trust.js'
import type { RoomSecret } from './room-secret.js'

/** What a member brings: the secret of its rooms, who it is, and whom it believes. */
export interface Credentials {
  readonly secret: RoomSecret
  readonly identity: Identity | undefined
  readonly trust: Trust | undefined
}
