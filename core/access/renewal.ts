import type { Clock } from '../clock.js'
import type { Principal } from '../contracts/auth.js'
import { SignalError } from '../errors.js'
import type { Observers } from '../hub/observers.js'
import type { Rooms } from '../rooms/rooms.js'
import type { Session } from '../sessions/session.js'
import type { Access } from './access.js'

/** A session may try a new token once in this time: each costs a signature or a request. */
const PAUSE_MS = 1000

export interface RenewalParts {
  readonly access: Access
  readonly rooms: Rooms
  readonly observers: Observers
  readonly clock: Clock
}

/** A session goes on with a newer token: `{"type":"auth","data":{"token":"…"}}`. */
export class Renewal {
  readonly #parts: RenewalParts
  /** When each session may try again, by the monotonic clock. */
  readonly #nextTry = new WeakMap<Session, number>()

  constructor(parts: RenewalParts) {
    this.#parts = parts
  }

  /**
   * Who the token in `data` (JSON text) names. Throws or rejects with a `SignalError`: E_AUTH as for any credential,
   * also when it names somebody other than the session's principal.
   */
  ask(session: Session, data: string): Promise<Principal> {
    const token = tokenOf(JSON.parse(data))
    this.#pace(session)
    return this.#identify(session, token)
  }

  /** Expiry and grants change at once: rights in the engine too, and rooms that the new grants don't admit to are left. */
  apply(session: Session, principal: Principal): void {
    const { rooms, observers } = this.#parts
    session.principal = principal
    rooms.regrant(session)
    observers.tell({ type: 'renewed', peer: session.id, principal: principal.id })
  }

  async #identify(session: Session, token: string): Promise<Principal> {
    const { access } = this.#parts
    const principal = await access.authenticate({ token, address: session.address })
    if (principal.id !== session.principal.id) {
      throw new SignalError('E_AUTH', 'the token names another principal than that of this session')
    }
    return principal
  }

  #pace(session: Session): void {
    const now = this.#parts.clock.monotonic()
    const next = this.#nextTry.get(session) ?? now
    if (now < next) throw new SignalError('E_RATE', 'a session renews its token once a second', next - now)
    this.#nextTry.set(session, now + PAUSE_MS)
  }
}

function tokenOf(data: unknown): string {
  const token = typeof data === 'object' && data !== null ? (data as { token?: unknown }).token : undefined
  if (typeof token !== 'string') throw new SignalError('E_FIELD', 'data.token must be a string')
  return token
}
