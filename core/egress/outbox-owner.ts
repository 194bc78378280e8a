import type { Session } from '../sessions/session.js'
import type { Sessions } from '../sessions/sessions.js'

/** Whose outbox it is. Both are told outside the hot path, and not while frames are being queued. */
export interface OutboxOwner {
  /** The client reads too slowly, and the outbox is to be detached or closed; it is detached otherwise. */
  tooSlow(): void
  /** While there was no socket, a frame was lost that the client has never been sent. Told once. */
  lost(): void
}

/** A session as its outbox's owner: an object, where two functions would be two and what they refer to. */
export class OwningSession implements OutboxOwner {
  readonly #session: Session
  readonly #sessions: Pick<Sessions, 'dismiss' | 'remove'>

  constructor(session: Session, sessions: Pick<Sessions, 'dismiss' | 'remove'>) {
    this.#session = session
    this.#sessions = sessions
  }

  tooSlow(): void {
    this.#sessions.dismiss(this.#session, 'E_SLOW')
  }

  lost(): void {
    this.#sessions.remove(this.#session, this.#session.lostCode)
  }
}
