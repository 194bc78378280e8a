import type { Session } from '../sessions/session.js'

export interface DetachedLimits {
  readonly resumeMs: number
  readonly detachedBytes: number
}

/** The sessions that wait for another socket, oldest first: bounded in time, and in what all of them keep together. */
export class Detached {
  readonly #limits: DetachedLimits
  readonly #end: (session: Session) => void
  readonly #sessions = new Set<Session>()
  /** What they keep together, as far as it is known: what they are sent meanwhile shows at the next sweep. */
  #bytes = 0

  /** `end` ends one, and deletes it here. */
  constructor(limits: DetachedLimits, end: (session: Session) => void) {
    this.#limits = limits
    this.#end = end
  }

  /** Adds one that has just lost its socket. */
  add(session: Session): void {
    this.#sessions.add(session)
    this.#bytes += session.outbox.keptBytes
    this.#bound()
  }

  /** Takes one out, before its outbox lets go of anything. */
  delete(session: Session): void {
    if (this.#sessions.delete(session)) this.#bytes -= session.outbox.keptBytes
  }

  /** Ends those whose time is over at `now`, of the monotonic clock, and the oldest while all keep too much. */
  sweep(now: number): void {
    for (const session of this.#sessions) {
      if (now - session.changedAt < this.#limits.resumeMs) break
      this.#end(session)
    }
    this.#bytes = this.measure()
    this.#bound()
  }

  /** Bytes that all of them keep. */
  measure(): number {
    let bytes = 0
    for (const { outbox } of this.#sessions) bytes += outbox.keptBytes
    return bytes
  }

  #bound(): void {
    for (const session of this.#sessions) {
      if (this.#bytes <= this.#limits.detachedBytes) return
      this.#end(session)
    }
  }
}
