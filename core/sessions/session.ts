import type { Unconfirmed } from '../cluster/delivery/unconfirmed.js'
import type { Gate } from '../cluster/handover/gate.js'
import type { Principal } from '../contracts/auth.js'
import type { Connection } from '../contracts/transport.js'
import type { Outbox } from '../egress/outbox.js'
import type { Refusals } from '../resume/refusals.js'
import type { Room } from '../rooms/room.js'

/** A peer's place in a room. */
export interface Membership {
  readonly session: Session
  readonly room: Room
  /** The peer's id, beside its metadata: together they introduce it to others. */
  readonly id: string
  /** The peer's metadata: JSON text. */
  data: string
  /** Whether the others are told nothing of it; decided when it joins. */
  readonly hidden: boolean
  /** Its index among the room's members. */
  position: number
  /** Its place in the order of joining, the same on every node (core/cluster/presence/stamps.ts). */
  readonly stamp: number
  /** What stands for its principal where the room wants each but once; else empty. */
  readonly principal: string
  /** Whether it is without a socket. */
  away: boolean
}

/** Messages in the order in which they came, and their bytes. */
export interface Waiting {
  readonly messages: Uint8Array[]
  bytes: number
}

/**
 * A peer: who it is, where it is, what it has sent. It is *attached* while it has a socket, *detached* while it waits
 * for another one, and *ended* when it is not open any more; only the last is for good.
 */
export class Session {
  readonly slot: number
  readonly id: string
  /** Replaced when the client presents a newer token; the id stays. */
  principal: Principal
  /** The present socket; null while there is none. */
  connection: Connection | null
  /** The IP address of the present socket, or of the last one. */
  address: string
  readonly outbox: Outbox
  readonly memberships = new Map<string, Membership>()
  /** The highest message id that was processed. */
  lastId = 0
  /** Processed messages that other nodes have still to confirm; null when there was never one. */
  unconfirmed: Unconfirmed | null = null
  /** The highest message id that came twice over the present socket, and hadn't been acknowledged. */
  repeatedId = 0
  open = true
  /** Stands before its outbox while it moves to another node, or from one; it does nothing then. */
  gate: Gate | null = null
  /** Messages that wait, in order, while a policy thinks about a join; null when none does. */
  waiting: Waiting | null = null
  /** Hash of the ticket that resumes it; null when it can't be resumed. */
  ticket: string | null = null
  /** Hash of the ticket that opened the present socket, until the client is heard on it. */
  spentTicket: string | null = null
  /** When the present socket was attached, or the last one was lost: milliseconds of the monotonic clock. */
  changedAt = 0
  /** The close code of the last socket. */
  lostCode = 0
  /** Refusals of numbered messages that the client may not have received; null when there was none. */
  refusals: Refusals | null = null
  /** Bytes that it sent, and bytes that this made the server send: both fade (core/hub/fanout.ts). */
  bytesIn = 0
  bytesOut = 0
  /** At the last sweep: bytes that its sockets had taken, and been given; sweeps since more was taken of what waits. */
  takenBytes = 0
  writtenBytes = 0
  stalledSweeps = 0
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
    connection: Connection | null,
    openOutbox: (session: Session) => Outbox,
  ) {
    this.slot = slot
    this.id = id
    this.principal = principal
    this.connection = connection
    this.address = connection?.address ?? ''
    this.outbox = openOutbox(this)
  }

  /** Up to here everything is dealt with, on other nodes too: what the client may be told. */
  get ackedId(): number {
    const { unconfirmed } = this
    return unconfirmed === null || unconfirmed.isEmpty ? this.lastId : unconfirmed.oldest - 1
  }
}
