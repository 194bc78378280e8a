/** All sessions: how they come in, are refused something, lose a socket and get another one, and end. */

import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Limits } from '../config/schema.js'
import type { Principal } from '../contracts/auth.js'
import type { Connection } from '../contracts/transport.js'
import type { Egress } from '../egress/egress.js'
import type { Outbox } from '../egress/outbox.js'
import { type OutboxOwner, OwningSession } from '../egress/outbox-owner.js'
import type { Engine } from '../engine/engine.js'
import { closeCodeOf, ERRORS, type ErrorCode, SignalError } from '../errors.js'
import { errorFrame } from '../hub/control-frames.js'
import type { Observers } from '../hub/observers.js'
import type { Policies } from '../hub/policies.js'
import type { Stats } from '../hub/stats.js'
import { Detached } from '../resume/detached.js'
import { Refusals } from '../resume/refusals.js'
import { Tickets } from '../resume/tickets.js'
import type { Rooms } from '../rooms/rooms.js'
import { Session } from './session.js'
import type { SessionTable } from './session-table.js'

export interface SessionsParts {
  readonly table: SessionTable
  readonly engine: Engine
  readonly egress: Egress
  readonly rooms: Rooms
  readonly observers: Observers
  readonly policies: Policies
  readonly stats: Stats
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Pick<Limits, 'resumeMs' | 'detachedBytes'>
  /** The other nodes; absent where this server is alone. */
  readonly cluster?: Pick<Cluster, 'incarnation'> | undefined
  /** Gives a slot back when its session is gone. */
  readonly release: (slot: number) => void
}

/** Close codes by which a client says that it won't come back; 1005 stands for a close frame without a code. */
const FAREWELLS: ReadonlySet<number> = new Set([1000, 1001, 1005])

export class Sessions {
  readonly tickets: Tickets
  readonly #parts: SessionsParts
  readonly #detached: Detached

  constructor(parts: SessionsParts) {
    this.#parts = parts
    this.tickets = new Tickets(parts.cluster?.incarnation)
    const { limits, stats, table } = parts
    this.#detached = new Detached(limits, (session) => this.remove(session, session.lostCode))
    stats.measureQueuedBytes = () => table.sum(({ outbox }) => outbox.queuedBytes)
    stats.measureWaitingBytes = () => table.sum(({ waiting }) => waiting?.bytes ?? 0)
    stats.measureDetachedBytes = () => this.#detached.measure()
  }

  /** How many have a socket. */
  get attached(): number {
    const { peers, detached } = this.#parts.stats
    return peers - detached
  }

  /** The session at a slot that the engine named; undefined only when the engine is wrong. */
  at(slot: number): Session | undefined {
    return this.#parts.table.at(slot)
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#parts.table[Symbol.iterator]()
  }

  /** Tells an empty engine of every peer. */
  replay(engine: Engine): void {
    for (const { slot, id } of this) engine.addPeer(slot, id)
  }

  /** A new session on its first socket. */
  open(slot: number, id: string, principal: Principal, connection: Connection): Session {
    const { stats, observers, egress } = this.#parts
    const session = this.add(slot, id, principal, connection, (owner) => egress.open(connection, owner))
    stats.connections++
    observers.tell({ type: 'connected', peer: id, principal: principal.id, address: connection.address })
    return session
  }

  /**
   * A session that `Returning` has found goes on with another socket; the one it had is closed. Its outbox is still to be
   * attached. Returns its new ticket.
   */
  move(session: Session, ticket: string, principal: Principal, connection: Connection): string {
    const { stats, observers, clock } = this.#parts
    const old = session.connection
    if (old === null) {
      this.#detached.delete(session)
      stats.detached--
    } else {
      stats.refuse('E_TAKEN_OVER')
      old.close(closeCodeOf('E_TAKEN_OVER'), ERRORS.E_TAKEN_OVER.meaning)
    }
    session.principal = principal
    this.#parts.rooms.regrant(session)
    session.connection = connection
    this.#parts.rooms.awayChanged(session)
    session.repeatedId = 0
    session.address = connection.address
    session.changedAt = clock.monotonic()
    session.silentSweeps = 0
    session.idleSweeps = 0
    session.pinged = false
    // What waits for a policy isn't acknowledged: the client sends it again.
    if (session.waiting !== null) session.waiting = { messages: [], bytes: 0 }
    stats.resumes++
    observers.tell({ type: 'resumed', peer: session.id, principal: principal.id, address: session.address })
    return this.tickets.exchange(session, ticket)
  }

  /** Runs one step for a client; what it throws becomes an error frame. Says whether it went well. */
  attempt(session: Session, id: number, step: () => void): boolean {
    try {
      step()
      return true
    } catch (error) {
      this.refuse(session, id, error)
      return false
    }
  }

  /**
   * Answers message `id` (0: none) with an error frame, and ends the session where the code says so or a policy has had
   * enough. What isn't a `SignalError` is a mistake of ours: it goes to the log.
   */
  refuse(session: Session, id: number, error: unknown): void {
    const { code, message, retryAfterMs } = this.asSignalError(error)
    const { observers, policies, stats } = this.#parts
    const { address } = session
    stats.refuse(code)
    observers.tell({ type: 'refused', code, peer: session.id, address })
    this.#tell(session, id, errorFrame(id, code, message, retryAfterMs))
    const verdict = policies.refused(code, address, session.slot)
    if (ERRORS[code].ends) this.close(session, closeCodeOf(code), message)
    else if (verdict) this.fail(session, verdict)
  }

  /** Sends a refusal. That of a numbered message is kept, in case that it is lost with the socket. */
  #tell(session: Session, id: number, frame: Buffer): void {
    const { outbox } = session
    if (session.connection !== null) outbox.tell(frame)
    // Only a message whose turn it was, or has been, has used up its id.
    if (session.ticket === null || id === 0 || id > session.lastId + 1) return
    session.refusals ??= new Refusals()
    session.refusals.note(frame, outbox.sent)
  }

  /** Refuses, and ends the session with the error's close code. */
  fail(session: Session, error: SignalError): void {
    if (!session.open) return
    this.refuse(session, 0, error)
    this.close(session, closeCodeOf(error.code), error.message)
  }

  /** Ends a session that did nothing wrong just now; the close code says why. */
  end(session: Session, code: ErrorCode): void {
    if (!session.open) return
    this.#parts.stats.refuse(code)
    this.close(session, closeCodeOf(code), ERRORS[code].meaning)
  }

  /** Writes what waits, forgets the session, and closes its connection. */
  close(session: Session, code: number, reason: string): void {
    if (!session.open) return
    const { connection } = session
    session.outbox.finish()
    this.remove(session, code)
    connection?.close(code, reason)
  }

  /** Closes the socket of a session that may come back with another one. */
  dismiss(session: Session, code: ErrorCode): void {
    const { connection } = session
    if (!session.open || connection === null) return
    this.#parts.stats.refuse(code)
    this.detach(session, closeCodeOf(code))
    connection.close(closeCodeOf(code), ERRORS[code].meaning)
  }

  /** The socket of a session is gone, with this close code. */
  gone(session: Session, code: number): void {
    if (FAREWELLS.has(code)) this.remove(session, code)
    else this.detach(session, code)
  }

  /** Keeps a session without its socket for `limits.resumeMs`; one that has no ticket ends. */
  detach(session: Session, code: number): void {
    if (!session.open || session.connection === null) return
    if (session.ticket === null) {
      this.remove(session, code)
      return
    }
    const { clock, observers, stats } = this.#parts
    session.connection = null
    session.lostCode = code
    session.changedAt = clock.monotonic()
    session.outbox.detach()
    stats.detached++
    this.#parts.rooms.awayChanged(session)
    observers.tell({ type: 'detached', peer: session.id, principal: session.principal.id, code })
    this.#detached.add(session)
  }

  /** Ends the detached sessions whose time is over. */
  sweep(): void {
    this.#detached.sweep(this.#parts.clock.monotonic())
  }

  /** Keeps a session that has no socket for `limits.resumeMs` after it lost that. */
  keep(session: Session): void {
    this.#detached.add(session)
  }

  /** Ends a session: its rooms hear `peer-left` once. A second call does nothing. */
  remove(session: Session, code: number): void {
    if (!session.open) return
    const { observers, rooms } = this.#parts
    this.#forget(session, () => rooms.leaveAll(session))
    observers.tell({ type: 'disconnected', peer: session.id, principal: session.principal.id, code })
  }

  /** Forgets a session without a socket, which goes on in another process: nobody is told. */
  surrender(session: Session): void {
    if (session.open) this.#forget(session, () => this.#parts.rooms.forsake(session))
  }

  /** Its slot is free again; `leave` takes it out of its rooms. */
  #forget(session: Session, leave: () => void): void {
    const { engine, release, stats, table } = this.#parts
    session.open = false
    if (session.connection === null) stats.detached--
    this.tickets.revoke(session)
    this.#detached.delete(session)
    session.gate?.broken()
    session.outbox.close()
    leave()
    engine.removePeer(session.slot)
    table.delete(session)
    release(session.slot)
    stats.peers--
  }

  asSignalError(error: unknown): SignalError {
    if (error instanceof SignalError) return error
    this.#parts.logger.error({ err: error }, 'the hub made a mistake')
    return new SignalError('E_INTERNAL')
  }

  /** A session at a slot that is free, known by its id from now on. */
  add(
    slot: number,
    id: string,
    principal: Principal,
    connection: Connection | null,
    openOutbox: (owner: OutboxOwner) => Outbox,
  ): Session {
    const { engine, stats, clock, table } = this.#parts
    const session = new Session(slot, id, principal, connection, (self) =>
      openOutbox(new OwningSession(self, this)),
    )
    session.changedAt = clock.monotonic()
    table.add(session)
    engine.addPeer(slot, id)
    stats.peers++
    return session
  }
}
