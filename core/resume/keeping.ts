import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import type { NumberPool } from '../number-pool.js'
import { generationOfPeerId, slotOfPeerId } from '../peer-id.js'
import type { Sessions } from '../sessions.js'
import type { SessionFile } from './session-file.js'

export interface KeepingParts {
  readonly file: SessionFile
  readonly sessions: Sessions
  readonly slots: NumberPool
  readonly clock: Clock
  readonly logger: Logger
  readonly resumeMs: number
}

/** Carries sessions from one process over to the next, by a file. */
export class Keeping {
  readonly #parts: KeepingParts

  constructor(parts: KeepingParts) {
    this.#parts = parts
  }

  /** Takes all sessions off their sockets, and saves them. What goes wrong is logged: their clients will be told. */
  save(): void {
    const { file, sessions, clock, logger } = this.#parts
    for (const session of sessions) sessions.dismiss(session, 'E_GOING_AWAY')
    try {
      file.write(sessions.saved(), clock.now())
    } catch (error) {
      logger.error({ err: error }, 'sessions are lost: they could not be saved')
    }
  }

  /** Sessions that the last process has saved wait for their clients from now on. Before anybody has come in. */
  restore(): void {
    const { file, sessions, slots, clock, logger, resumeMs } = this.#parts
    const now = clock.now()
    const saved = file.take(now, resumeMs)
    const bySlot = saved.toSorted((a, b) => slotOfPeerId(a.id) - slotOfPeerId(b.id))
    for (const { id } of bySlot) slots.claim(slotOfPeerId(id), generationOfPeerId(id))
    // The oldest first, as they stand among those that wait.
    for (const session of saved.toSorted((a, b) => a.lostAt - b.lostAt)) {
      sessions.restore(slotOfPeerId(session.id), session, Math.max(0, now - session.lostAt))
    }
    if (saved.length > 0)
      logger.info({ sessions: saved.length }, 'sessions of the last process wait for clients')
  }
}
