import type { Principal } from './contracts/auth.js'
import type { Connection } from './contracts/transport.js'
import type { Outbox } from './outbox.js'
import type { Room } from './room.js'

/** A peer's place in a room. */
export interface Membership {
  readonly session: Session
  readonly room: Room
  /** The peer's id, beside its metadata: together they introduce it to others. */
  readonly id: string
  /** The peer's metadata: JSON text. */
  data: string
  /** Its index among the room's members. */
  position: number
}

/** Messages in the order in which they came, and their bytes. */
export interface Waiting {
  readonly messages: Uint8Array[]
  bytes: number
}

/** A peer: who it is, where it is, what it has sent. */
export class Session {
  readonly slot: number
  readonly id: string
  readonly principal: Principal
  readonly connection: Connection
  readonly outbox: Outbox
  readonly memberships = new Map<string, Membership>()
  /** The highest message id that was processed. */
  lastId = 0
  /** How many counted frames the client says it has. */
  seen = 0
  open = true
  /** Messages that wait, in order, while a policy thinks about a join; null when none does. */
  waiting: Waiting | null = null
  /** Sweeps since the client was last heard. */
  silentSweeps = 0
  /** Sweeps since anything was sent to it. */
  idleSweeps = 0
  /** Whether it was asked for a sign of life since it was last heard. */
  pinged = false

  constructor(
    slot: number,
    id: string,
    principal: Principal,
    connection: Connection,
    openOutbox: (session: Session) => Outbox,
  ) {
    this.slot = slot
    this.id = id
    this.principal = principal
    this.connection = connection
    this.outbox = openOutbox(this)
  }
}
