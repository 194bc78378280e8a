import type { Clock, Timer } from '../clock.js'
import type { Connection } from '../contracts/transport.js'
import { PING_FRAME } from '../hub/control-frames.js'
import type { Fanout } from '../hub/fanout.js'
import type { Session } from './session.js'
import type { Sessions } from './sessions.js'

interface LivenessLimits {
  readonly pingMs: number
  readonly pongMs: number
  readonly resumeMs: number
  readonly stallMs: number
}

type LivenessSessions = Pick<Sessions, 'end' | 'dismiss' | 'sweep' | typeof Symbol.iterator>

/** So that a session ends well within a second after its token has expired. */
const MAX_SWEEP_MS = 500

/**
 * Looks after all sessions with one timer: asks silent clients for a sign of life, ends those that give none, those
 * whose token has expired and those that have waited too long for another socket, and closes sockets that take nothing
 * of what waits for them. A client that the server has had nothing to tell is pinged too, so that it can notice a dead
 * server as fast.
 */
export class Liveness {
  readonly #clock: Clock
  readonly #sessions: LivenessSessions
  readonly #fanout: Fanout
  readonly #sweepMs: number
  readonly #pingSweeps: number
  readonly #pongSweeps: number
  readonly #stallSweeps: number
  #timer: Timer | undefined

  constructor(
    { pingMs, pongMs, resumeMs, stallMs }: LivenessLimits,
    clock: Clock,
    sessions: LivenessSessions,
    fanout: Fanout,
  ) {
    this.#clock = clock
    this.#sessions = sessions
    this.#fanout = fanout
    this.#sweepMs = Math.min(
      MAX_SWEEP_MS,
      Math.ceil(Math.min(pingMs, pongMs, stallMs, resumeMs || pongMs) / 4),
    )
    this.#pingSweeps = Math.ceil(pingMs / this.#sweepMs)
    this.#pongSweeps = Math.ceil(pongMs / this.#sweepMs)
    this.#stallSweeps = Math.ceil(stallMs / this.#sweepMs)
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
      else if (session.connection !== null) this.#look(session, session.connection)
      if (session.bytesOut > 0) this.#fanout.fade(session, this.#sweepMs)
    }
    this.#sessions.sweep()
  }

  /** Looks after one that has a socket. */
  #look(session: Session, { queuedBytes }: Connection): void {
    const { outbox } = session
    const takenBytes = outbox.writtenBytes - queuedBytes
    session.stalledSweeps =
      takenBytes === session.takenBytes && queuedBytes > 0 ? session.stalledSweeps + 1 : 0
    session.takenBytes = takenBytes
    session.silentSweeps++
    session.idleSweeps = outbox.writtenBytes === session.writtenBytes ? session.idleSweeps + 1 : 0
    session.writtenBytes = outbox.writtenBytes
    if (session.stalledSweeps >= this.#stallSweeps) {
      this.#sessions.dismiss(session, 'E_SLOW')
    } else if (session.silentSweeps >= this.#pingSweeps + this.#pongSweeps) {
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
