import type { Clock } from '../clock.js'
import type { Legacy } from '../cluster/handover/legacy.js'
import type { Refuges } from '../cluster/nodes/refuges.js'
import type { Session } from '../sessions/session.js'
import type { Sessions } from '../sessions/sessions.js'
import { goawayFrame } from './control-frames.js'

/** Clients are told in an order that is random, so many at a time as are due at each of these steps. */
const STEP_MS = 20
/** A few clients needn't wait for a spread that is meant for many: nobody is kept busy by one client in so long. */
const APART_MS = 5
/** From `goaway` to the end of the socket: what is on its way still arrives. */
const MOMENT_MS = 500
/** What `goaway` tells the client: it moves before its socket is closed. */
const MOVE_MS = MOMENT_MS / 2
/**
 * After `drainMs`, sessions have so long to be fetched by the nodes that their clients went to; where there is none, what
 * other nodes haven't confirmed has so long to be, since the client that has sent it couldn't be told later.
 */
const LAST_MS = 5000

export interface DrainParts {
  readonly clock: Clock
  readonly sessions: Sessions
  /** Over how long clients are told; 0: all at once, and their sockets are closed at once too. */
  readonly drainMs: number
  /** Whether sessions go on in the process that comes after this one. */
  readonly keeps: boolean
  /** The nodes that sessions can go on at; absent where this server is alone. */
  readonly refuges?: Pick<Refuges, 'exist' | 'urlFor'> | undefined
  /** What other nodes are told at last. */
  readonly legacy?: Pick<Legacy, 'bequeath' | 'isHeard'> | undefined
}

/**
 * Sends all clients away: `goaway` to each at a random moment within `drainMs`, its socket closed with 4000 half a
 * second later. So it is over after `drainMs` and that half second at the latest, and sooner when everybody has gone. In
 * a cluster sessions go on at other nodes, which fetch them here: for those it has sent away it waits, five seconds at
 * most; and for their word that they know where those are.
 */
export class Drain {
  readonly #parts: DrainParts
  #told: { readonly session: Session; readonly atMs: number }[] = []
  /** Those who were sent away with a ticket that other nodes take. */
  #expected: Session[] = []
  #hasBequeathed = false

  constructor(parts: DrainParts) {
    this.#parts = parts
  }

  /** Resolves when no session has a socket any more, or has one elsewhere. */
  run(): Promise<void> {
    const { clock, sessions, drainMs, legacy } = this.#parts
    const waiting = shuffled([...sessions])
    const count = waiting.length
    const spreadMs = Math.min(drainMs, count * APART_MS)
    const start = clock.monotonic()
    const step = (): boolean => {
      const passed = clock.monotonic() - start
      const due = passed >= spreadMs ? count : Math.ceil((count * passed) / spreadMs)
      while (count - waiting.length < due) this.#tell(waiting.pop()!, passed)
      this.#closeAfter(passed)
      const isOver = drainMs === 0 || passed >= spreadMs + MOMENT_MS
      const isLate = passed >= drainMs + LAST_MS
      if (isOver) for (const session of sessions) if (isLate || this.#mayGo(session)) this.#close(session)
      if (sessions.attached > 0 || !(isLate || this.#haveMoved())) return false
      this.#bequeath()
      return isLate || (legacy?.isHeard ?? true)
    }
    if (step()) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = clock.every(STEP_MS, () => {
        if (!step()) return
        timer.cancel()
        resolve()
      })
    })
  }

  #tell(session: Session, atMs: number): void {
    const { drainMs, refuges } = this.#parts
    if (session.connection === null) return
    const afterMs = drainMs === 0 ? 0 : MOVE_MS
    session.outbox.tell(goawayFrame('shutdown', afterMs, this.#keeps, refuges?.urlFor(session)))
    this.#told.push({ session, atMs })
    if (refuges?.exist) this.#expected.push(session)
  }

  /** Closes the sockets of those who had their moment. */
  #closeAfter(passed: number): void {
    const due = this.#told.findIndex(({ atMs }) => atMs > passed - MOMENT_MS)
    const told = this.#told.splice(0, due === -1 ? this.#told.length : due)
    for (const { session } of told) if (this.#mayGo(session)) this.#close(session)
  }

  #close(session: Session): void {
    const { sessions } = this.#parts
    if (!this.#keeps && session.connection !== null) {
      sessions.end(session, 'E_GOING_AWAY')
      return
    }
    session.outbox.flush()
    sessions.dismiss(session, 'E_GOING_AWAY')
  }

  /** Whether a session goes on without this process. */
  get #keeps(): boolean {
    const { keeps, refuges } = this.#parts
    return keeps || refuges?.exist === true
  }

  /** Whether its client has been told what became of all that it has sent, or will be told elsewhere. */
  #mayGo({ lastId, ackedId }: Session): boolean {
    return ackedId === lastId || this.#parts.refuges?.exist === true
  }

  /** Tells the other nodes, once, where those are that have gone. */
  #bequeath(): void {
    if (this.#hasBequeathed) return
    this.#hasBequeathed = true
    this.#parts.legacy?.bequeath()
  }

  /** Whether there is nothing left that another node might fetch. */
  #haveMoved(): boolean {
    this.#expected = this.#expected.filter(({ open }) => open)
    return this.#expected.length === 0 || this.#parts.refuges?.exist !== true
  }
}

/** In an order that nobody can foresee (Fisher and Yates). */
function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items
}
