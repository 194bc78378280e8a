/**
 * Sessions move from node to node: a client that comes here with a ticket of another node goes on with its session, and
 * the others in its rooms notice nothing. Who says what: core/cluster/handover/handover-records.ts. Why so: docs/adr/0019.
 */

import type { Clock } from '../../clock.js'
import type { Config } from '../../config/schema.js'
import type { Principal } from '../../contracts/auth.js'
import type { Balancer } from '../../contracts/balancer.js'
import type { ResumeRequest } from '../../contracts/transport.js'
import type { FrameLog } from '../../egress/frame-log.js'
import { SignalError } from '../../errors.js'
import type { Stats } from '../../hub/stats.js'
import type { Returning } from '../../resume/returning.js'
import { hashOf, ownerOf } from '../../resume/tickets.js'
import type { Transit } from '../../resume/transit.js'
import type { Room } from '../../rooms/room.js'
import type { RoomTable } from '../../rooms/room-table.js'
import type { Rooms } from '../../rooms/rooms.js'
import type { SessionTable } from '../../sessions/session-table.js'
import type { Sessions } from '../../sessions/sessions.js'
import type { Cluster } from '../cluster.js'
import type { Link, LinkListener } from '../links/link.js'
import { Refuges } from '../nodes/refuges.js'
import type { Presence } from '../presence/presence.js'
import { BadRecord, RECORDS } from '../wire/records.js'
import { Bystander } from './bystander.js'
import { Claims, type Outcome, type Wish } from './claims.js'
import { Departures } from './departures.js'
import { Expected } from './expected.js'
import * as records from './handover-records.js'
import { Legacy } from './legacy.js'
import { MovedTickets } from './moved-tickets.js'
import { Switches } from './switches.js'
import { Transfers } from './transfers.js'

const { HANDOVER } = records

const MOVING = 'your session moves: come again'
/** A session that moved so often in so short a time can't be caught. */
const MAX_HOPS = 8

export interface HandoverParts {
  readonly cluster: Cluster
  readonly sessions: Sessions
  readonly seats: SessionTable
  readonly transit: Transit
  readonly rooms: Rooms
  readonly table: RoomTable
  readonly returning: Returning
  readonly presence: Presence
  readonly clock: Clock
  readonly log: FrameLog
  readonly stats: Pick<Stats, 'moves'>
  readonly limits: Pick<Config['limits'], 'handshakeMs' | 'resumeMs' | 'replayBytes'>
  /** Picks the node that a client is sent to; absent where clients aren't sent anywhere. */
  readonly balancer?: Balancer | undefined
  /** A slot for a session that comes; -1 when there is none. */
  readonly takeSlot: () => number
}

export class Handover implements LinkListener {
  /** Where the clients of this node can go on. */
  readonly refuges: Refuges
  readonly #parts: HandoverParts
  /** What the others must have of this node before it ends. */
  readonly legacy: Legacy
  readonly #moved: MovedTickets
  readonly #transfers = new Transfers()
  readonly #claims: Claims
  readonly #switches: Switches
  readonly #departures: Departures
  readonly #expected: Expected
  readonly #bystander: Bystander
  /** What is asked for already, by the ticket's hash and who shows it. */
  readonly #pending = new Map<string, Promise<Outcome>>()

  constructor(parts: HandoverParts) {
    const { cluster, clock, limits, presence } = parts
    this.#parts = parts
    this.refuges = new Refuges(cluster, parts.balancer)
    this.#moved = new MovedTickets(clock, limits.resumeMs)
    this.legacy = new Legacy(cluster, this.#moved, this.#transfers)
    this.#claims = new Claims(clock, limits.handshakeMs)
    this.#switches = new Switches(clock)
    const { incarnation } = cluster
    this.#departures = new Departures({
      ...parts,
      incarnation,
      transfers: this.#transfers,
      moved: this.#moved,
    })
    this.#expected = new Expected({
      ...parts,
      table: parts.seats,
      claims: this.#claims,
      switches: this.#switches,
      moved: this.#moved,
    })
    this.#bystander = new Bystander({ ...parts, switches: this.#switches })
    presence.onSharing({
      told: (room, link) => this.#told(room, link),
      shown: () => this.#switches.attempt(),
    })
    cluster.listen(...RECORDS.handover, this)
  }

  /**
   * Fetches the session that a client may want to go on with, where another node has it: afterwards it is here if it can
   * be had. Rejects with E_BUSY or E_TIMEOUT when the client should come again with the same ticket.
   */
  async fetch({ ticket, seen }: ResumeRequest, { id: principal }: Principal, address: string): Promise<void> {
    if (!Number.isSafeInteger(seen)) return
    const { cluster, sessions } = this.#parts
    const hash = hashOf(ticket)
    let told: string | undefined
    for (let hops = 0; hops < MAX_HOPS; hops++) {
      await this.#untilStill(hash)
      const session = sessions.tickets.findHash(hash)
      if (session?.gate === null) return
      if (session !== undefined) break
      const isNews = told !== undefined && told !== cluster.incarnation
      const node = isNews ? told : (this.#moved.find(hash) ?? ownerOf(ticket))
      const heir = node === undefined ? undefined : cluster.heirOf(node)
      const link = heir && cluster.link(heir.incarnation)
      if (link === undefined) return
      const outcome = await this.#ask(link, { hash, seen, principal, address })
      if (outcome === 'none') return
      told = outcome === 'here' ? undefined : outcome.elsewhere
    }
    throw new SignalError('E_TIMEOUT', MOVING)
  }

  /** Throws E_TIMEOUT when the session of a ticket has gone to another node meanwhile, or is on its way. */
  refuseIfMoving({ ticket }: ResumeRequest): void {
    const { sessions, cluster } = this.#parts
    const hash = hashOf(ticket)
    const session = sessions.tickets.findHash(hash)
    const node = this.#moved.find(hash)
    const isElsewhere = session === undefined && node !== undefined && cluster.heirOf(node) !== undefined
    const isMoving = session?.gate || this.#expected.withTicket(hash) !== undefined
    if (isElsewhere || isMoving) throw new SignalError('E_TIMEOUT', MOVING)
  }

  stop(): void {
    this.#departures.stop()
    this.#switches.stop()
    this.#claims.stop()
  }

  up(link: Link): void {
    this.#claims.up(link)
    this.#switches.attempt()
  }

  confirmed(link: Link): void {
    this.#transfers.confirmed(link)
  }

  down(link: Link): void {
    this.#claims.down(link)
    this.#transfers.down(link)
    this.#switches.down(link)
    this.#expected.down(link)
    for (const departure of this.#departures) departure.down(link)
  }

  record(link: Link, type: number, body: Buffer): void {
    switch (type) {
      case HANDOVER.claim:
        this.#claimed(link, records.readClaim(body))
        break
      case HANDOVER.refused: {
        const { claim, why } = records.readRefused(body)
        this.#claims.refused(claim, link, why)
        break
      }
      case HANDOVER.elsewhere: {
        const { claim, incarnation } = records.readElsewhere(body)
        this.#claims.elsewhere(claim, link, incarnation)
        break
      }
      case HANDOVER.coming:
        this.#expected.coming(link, records.readComing(body))
        break
      case HANDOVER.moving:
        this.#bystander.moving(link, records.readMoving(body))
        break
      case HANDOVER.switched:
        this.#switched(link, records.readPassage(body))
        break
      case HANDOVER.session: {
        const { move, isLast, piece } = records.readPiece(body)
        this.#expected.piece(link, move, piece, isLast)
        break
      }
      case HANDOVER.stays:
        this.#stays(link, records.readPassage(body))
        break
      case HANDOVER.gone:
        this.#bystander.gone(link, records.readPassage(body))
        break
      case HANDOVER.declined:
        this.#departures.byMove(records.readDeclined(body))?.declined(link)
        break
      case HANDOVER.moved:
        for (const [hash, node] of records.readMoved(body)) this.#learn(hash, node)
        break
      default:
        throw new BadRecord(`a record of the unknown type ${type}`)
    }
  }

  /** Waits until a session that is on its way here has come, or one that leaves has left. */
  async #untilStill(hash: string): Promise<void> {
    const arrival = this.#expected.withTicket(hash)
    const session = this.#parts.sessions.tickets.findHash(hash)
    const wait =
      arrival !== undefined
        ? (callback: () => void) => arrival.whenOver(callback)
        : session?.gate
          ? (callback: () => void) => this.#departures.whenOver(session, callback)
          : undefined
    if (wait === undefined) return
    await new Promise<void>((resolve) => {
      if (!wait(resolve)) resolve()
    })
  }

  /** A node has a client that wants a session of this one, or one that is on its way here. */
  #claimed(link: Link, wish: records.Claimed): void {
    const arrival = this.#expected.withTicket(wish.hash)
    if (arrival === undefined) this.#departures.claimed(link, wish)
    else if (!arrival.whenOver(() => this.#claimed(link, wish))) {
      link.send(HANDOVER.refused, records.refusedRecord(wish.claim, records.REFUSAL.busy))
    }
  }

  /** A node that ends says where a session is. What is, or was, here nobody else need be asked for. */
  #learn(hash: string, node: string): void {
    const { cluster, sessions } = this.#parts
    const isHere = node === cluster.incarnation || sessions.tickets.findHash(hash) !== undefined
    if (!isHere) this.#moved.note(hash, node)
  }

  /** Two sockets with one ticket ask once. */
  #ask(link: Link, wish: Wish): Promise<Outcome> {
    const key = `${wish.hash}${wish.principal}`
    const pending = this.#pending.get(key)
    if (pending !== undefined) return pending
    const asked = this.#claims.ask(link, wish).finally(() => this.#pending.delete(key))
    this.#pending.set(key, asked)
    return asked
  }

  /** A node has been told of all members of a room. */
  #told(room: Room, link: Link): void {
    for (const departure of this.#departures) departure.told(room, link)
    this.#switches.attempt()
  }

  #switched(link: Link, passage: records.Passage): void {
    if (passage.owner === this.#parts.cluster.incarnation) {
      this.#departures.byMove(passage.move)?.switched(link, passage.rooms)
      return
    }
    const arrival = this.#expected.find(passage)
    if (arrival !== undefined) this.#expected.switched(arrival, link, passage.rooms)
    else link.send(HANDOVER.gone, records.passageRecord(passage))
  }

  #stays(link: Link, passage: records.Passage): void {
    const arrival = this.#expected.find(passage)
    if (arrival?.former === link) this.#expected.stays(arrival)
    else this.#bystander.stays(link, passage)
  }
}
