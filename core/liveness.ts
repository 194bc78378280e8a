import type { Clock, Timer } from './clock.js'
import { PING_FRAME } from './control-frames.js'
import type { Session } from './session.js'
import type { Sessions } from './sessions.js'

interface LivenessLimits {
  readonly pingMs: number
  readonly pongMs: number
  readonly resumeMs: number
}

/**
 * Looks after all sessions with one timer: asks silent clients for a sign of life, ends those that give none, those
 * whose token has expired, and those that have waited too long for another socket. A client that the server has had nothing to tell is pinged too, so that it can
 * notice a dead server as fast.
 */
export class Liveness {
  readonly #clock: Clock
  readonly #sessions: Pick<Sessions, 'end' | 'sweep' | typeof Symbol.iterator>
  readonly #sweepMs: number
  readonly #pingSweeps: number
  readonly #pongSweeps: number
  #timer: Timer | undefined

  constructor(
    { pingMs, pongMs, resumeMs }: LivenessLimits,
    clock: Clock,
    sessions: Pick<Sessions, 'end' | 'sweep' | typeof Symbol.iterator>,
  ) {
    this.#clock = clock
    this.#sessions = sessions
    this.#sweepMs = Math.min(1000, Math.ceil(Math.min(pingMs, pongMs, resumeMs || pongMs) / 4))
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
      const { expiresAt } = session.principal
      if (expiresAt !== undefined && expiresAt <= now) this.#sessions.end(session, 'E_EXPIRED')
      else if (session.connection !== null) this.#look(session)
    }
    this.#sessions.sweep()
  }

  /** Looks after one that has a socket. */
  #look(session: Session): void {
    const { outbox } = session
    session.silentSweeps++
    session.idleSweeps = outbox.wrote ? 0 : session.idleSweeps + 1
    outbox.wrote = false
    if (session.silentSweeps >= this.#pingSweeps + this.#pongSweeps) {
      this.#sessions.end(session, 'E_SILENT')
    } else if (
      session.idleSweeps >= this.#pingSweeps ||
      (session.silentSweeps >= this.#pingSweeps && !session.pinged)
    ) {
      session.pinged = true
      outbox.tell(PING_FRAME)
    }
  }
}
