import type { Connection, Peer } from '../contracts/transport.js'
import type { SignalError } from '../errors.js'
import type { Dispatch } from '../hub/dispatch.js'
import type { Session } from './session.js'
import type { Sessions } from './sessions.js'

/** One socket of a session, as its transport sees it. What still comes from a socket that the session has left is dropped. */
export class Attachment implements Peer {
  readonly #session: Session
  readonly #connection: Connection
  readonly #dispatch: Dispatch
  readonly #sessions: Sessions

  constructor(session: Session, connection: Connection, dispatch: Dispatch, sessions: Sessions) {
    this.#session = session
    this.#connection = connection
    this.#dispatch = dispatch
    this.#sessions = sessions
  }

  get id(): string {
    return this.#session.id
  }

  receive(message: Uint8Array): void {
    if (this.#isPresent) this.#dispatch.receive(this.#session, message)
  }

  receiveFrame(): boolean {
    return !this.#isPresent || this.#dispatch.receiveFrame(this.#session)
  }

  fail(error: SignalError): void {
    if (this.#isPresent) this.#sessions.fail(this.#session, error)
  }

  gone(code: number): void {
    if (this.#isPresent) this.#sessions.gone(this.#session, code)
  }

  get #isPresent(): boolean {
    return this.#session.connection === this.#connection
  }
}
