/** All clients that are connected: how they come in, are refused something, and end. */

import type { Logger } from 'pino'
import type { Principal } from './contracts/auth.js'
import type { Connection } from './contracts/transport.js'
import { errorFrame } from './control-frames.js'
import type { Egress } from './egress.js'
import type { Engine } from './engine/engine.js'
import { closeCodeOf, ERRORS, type ErrorCode, SignalError } from './errors.js'
import type { Observers } from './observers.js'
import type { Policies } from './policies.js'
import type { Rooms } from './rooms.js'
import { Session } from './session.js'
import type { Stats } from './stats.js'

export interface SessionsParts {
  readonly engine: Engine
  readonly egress: Egress
  readonly rooms: Rooms
  readonly observers: Observers
  readonly policies: Policies
  readonly stats: Stats
  readonly logger: Logger
  /** Gives a slot back when its session is gone. */
  readonly release: (slot: number) => void
}

export class Sessions {
  readonly #parts: SessionsParts
  readonly #bySlot: (Session | undefined)[] = []

  constructor(parts: SessionsParts) {
    this.#parts = parts
    parts.stats.measureQueuedBytes = () => this.#queuedBytes()
  }

  /** The session at a slot that the engine named. */
  at(slot: number): Session {
    return this.#bySlot[slot]!
  }

  *[Symbol.iterator](): Iterator<Session> {
    for (const session of this.#bySlot) if (session !== undefined) yield session
  }

  open(slot: number, id: string, principal: Principal, connection: Connection): Session {
    const { engine, egress, observers, stats } = this.#parts
    const session = new Session(slot, id, principal, connection, (self) =>
      egress.open(connection, { tooSlow: () => this.end(self, 'E_SLOW'), lost: () => {} }),
    )
    this.#bySlot[slot] = session
    engine.addPeer(slot, id)
    stats.connections++
    stats.peers++
    observers.tell({ type: 'connected', peer: id, principal: principal.id, address: connection.address })
    return session
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
    const { address } = session.connection
    stats.refuse(code)
    observers.tell({ type: 'refused', code, peer: session.id, address })
    session.outbox.tell(errorFrame(id, code, message, retryAfterMs))
    const verdict = policies.refused(code, address, session.slot)
    if (ERRORS[code].ends) this.close(session, closeCodeOf(code), message)
    else if (verdict) this.fail(session, verdict)
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
    session.outbox.finish()
    this.remove(session, code)
    session.connection.close(code, reason)
  }

  /** Forgets a session: its rooms hear `peer-left` once, its slot is free again. A second call does nothing. */
  remove(session: Session, code: number): void {
    if (!session.open) return
    const { engine, observers, release, rooms, stats } = this.#parts
    session.open = false
    session.outbox.close()
    rooms.leaveAll(session)
    engine.removePeer(session.slot)
    this.#bySlot[session.slot] = undefined
    release(session.slot)
    stats.peers--
    observers.tell({ type: 'disconnected', peer: session.id, principal: session.principal.id, code })
  }

  asSignalError(error: unknown): SignalError {
    if (error instanceof SignalError) return error
    this.#parts.logger.error({ err: error }, 'the hub made a mistake')
    return new SignalError('E_INTERNAL')
  }

  #queuedBytes(): number {
    let bytes = 0
    for (const session of this) bytes += session.outbox.queuedBytes
    return bytes
  }
}
