import type { Clock, Timer } from './clock.js'
import { PING_FRAME } from './control-frames.js'
import type { ErrorCode } from './errors.js'
import type { Session } from './session.js'

/**
 * Looks after all sessions with one timer: asks silent clients for a sign of life, ends those that give none, and
 * those whose token has expired. A client that the server has had nothing to tell is pinged too, so that it can
 * notice a dead server as fast.
 */
export class Liveness {
  readonly #clock: Clock
  readonly #sessions: Iterable<Session>
  readonly #end: (session: Session, code: ErrorCode) => void
  readonly #sweepMs: number
  readonly #pingSweeps: number
  readonly #pongSweeps: number
  #timer: Timer | undefined

  constructor(
    { pingMs, pongMs }: { pingMs: number; pongMs: number },
    clock: Clock,
    sessions: Iterable<Session>,
    end: (session: Session, code: ErrorCode) => void,
  ) {
    this.#clock = clock
    this.#sessions = sessions
    this.#end = end
    this.#sweepMs = Math.min(1000, Math.ceil(Math.min(pingMs, pongMs) / 4))
    this.#pingSweeps = Math.ceil(pingMs / this.#sweepMs)
    this.#pongSweeps = Math.ceil(pongMs / this.#sweepMs)
  }

  start(): void {
    this.#timer = this.#clock.every(this.#sweepMs, () => this.#sweep())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #sweep(): void {
    const now = this.#clock.now()
    for (const session of this.#sessions) {
      const { outbox, principal } = session
      session.silentSweeps++
      session.idleSweeps = outbox.wrote ? 0 : session.idleSweeps + 1
      outbox.wrote = false
      if (principal.expiresAt !== undefined && principal.expiresAt <= now) {
        this.#end(session, 'E_EXPIRED')
      } else if (session.silentSweeps >= this.#pingSweeps + this.#pongSweeps) {
        this.#end(session, 'E_SILENT')
      } else if (
        session.idleSweeps >= this.#pingSweeps ||
        (session.silentSweeps >= this.#pingSweeps && !session.pinged)
      ) {
        session.pinged = true
        outbox.tell(PING_FRAME)
      }
    }
  }
}
