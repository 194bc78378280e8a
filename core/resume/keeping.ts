import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import type { Cluster } from '../cluster/cluster.js'
import { CAPACITY } from '../engine/engine.js'
import type { NumberPool } from '../number-pool.js'
import { generationOfPeerId, slotOfPeerId } from '../peer-id.js'
import type { Sessions } from '../sessions/sessions.js'
import type { SavedSession } from './saved-session.js'
import type { SessionFile } from './session-file.js'
import type { Transit } from './transit.js'

export interface KeepingParts {
  readonly file: SessionFile
  readonly sessions: Sessions
  readonly transit: Transit
  readonly slots: NumberPool
  readonly clock: Clock
  readonly logger: Logger
  readonly resumeMs: number
  readonly cluster: Pick<Cluster, 'incarnation' | 'inherited' | 'inherit'> | undefined
}

/** Carries sessions from one process over to the next, by a file. */
export class Keeping {
  readonly #parts: KeepingParts

  constructor(parts: KeepingParts) {
    this.#parts = parts
  }

  /** Takes all sessions off their sockets, and saves them. What goes wrong is logged: their clients will be told. */
  save(): void {
    const { file, sessions, transit, clock, logger, cluster } = this.#parts
    for (const session of sessions) sessions.dismiss(session, 'E_GOING_AWAY')
    try {
      const incarnations = cluster ? [cluster.incarnation, ...cluster.inherited] : []
      file.write({ sessions: transit.saved(), incarnations }, clock.now())
    } catch (error) {
      logger.error({ err: error }, 'sessions are lost: they could not be saved')
    }
  }

  /** Sessions that the last process has saved wait for their clients from now on. Before anybody has come in. */
  restore(): void {
    const { file, transit, clock, logger, resumeMs, cluster } = this.#parts
    const now = clock.now()
    const { sessions: saved, incarnations } = file.take(now, resumeMs)
    const slots = this.#slotsFor(saved)
    // The oldest first, as they stand among those that wait.
    for (const session of saved.toSorted((a, b) => a.lostAt - b.lostAt)) {
      transit.restore(slots.get(session)!, session, Math.max(0, now - session.lostAt))
    }
    if (saved.length === 0) return
    cluster?.inherit(incarnations)
    logger.info({ sessions: saved.length }, 'sessions of the last process wait for clients')
  }

  /** Where their ids point to; where that is taken, or beyond what is here, since they began on another node, any slot. */
  #slotsFor(saved: readonly SavedSession[]): Map<SavedSession, number> {
    const { slots } = this.#parts
    const found = new Map<SavedSession, number>()
    const guests: SavedSession[] = []
    let last = -1
    for (const session of saved.toSorted((a, b) => slotOfPeerId(a.id) - slotOfPeerId(b.id))) {
      const slot = slotOfPeerId(session.id)
      if (slot > last && slot < CAPACITY.peers) {
        slots.claim(slot, generationOfPeerId(session.id))
        found.set(session, slot)
        last = slot
      } else {
        guests.push(session)
      }
    }
    for (const guest of guests) found.set(guest, slots.take())
    return found
  }
}
