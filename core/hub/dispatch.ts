/**
 * What becomes of a message:
 *
 *   receive ─▶ engine.ingest ─▶ hot kind:     one frame into the outboxes of the recipients
 *                            ─▶ control kind: join, leave, update, stats, auth, moderate, ack, bye
 *                            ─▶ verdict < 0:  an error to the sender, nothing to anyone else
 */

import { isUtf8 } from 'node:buffer'
import { ENGINE_FAULT, type Engine } from '../engine/engine.js'
import { ERRORS, errorOfVerdict, SignalError } from '../errors.js'
import { FIRST_HOT_KIND, KINDS } from '../protocol.js'
import type { Session, Waiting } from '../sessions/session.js'
import type { Sessions } from '../sessions/sessions.js'
import type { Fanout } from './fanout.js'
import type { Policies } from './policies.js'
import type { Relay } from './relay.js'
import type { Requests, Rest } from './requests.js'
import type { Stats } from './stats.js'

/** What a client may send while a plugin decides its join or its token; each message counts this much besides its bytes. */
const MAX_WAITING_BYTES = 256 * 1024
const WAITING_OVERHEAD_BYTES = 128

export interface DispatchParts {
  readonly engine: Engine
  readonly relay: Relay
  readonly fanout: Fanout
  readonly policies: Policies
  readonly requests: Requests
  readonly sessions: Sessions
  readonly stats: Stats
}

export class Dispatch {
  readonly #engine: Engine
  readonly #relay: Relay
  readonly #fanout: Fanout
  readonly #policies: Policies
  readonly #requests: Requests
  readonly #sessions: Sessions
  readonly #stats: Stats

  constructor({ engine, relay, fanout, policies, requests, sessions, stats }: DispatchParts) {
    this.#engine = engine
    this.#relay = relay
    this.#fanout = fanout
    this.#policies = policies
    this.#requests = requests
    this.#sessions = sessions
    this.#stats = stats
  }

  /** One message of a client, raw; the bytes stay the caller's. Never throws. */
  receive(session: Session, message: Uint8Array): void {
    if (!this.#heard(session)) return
    if (session.waiting !== null) {
      this.#wait(session, session.waiting, message)
      return
    }
    try {
      this.#act(session, this.#engine.ingest(session.slot, message), message.length)
    } catch (error) {
      this.#sessions.refuse(session, 0, error)
    }
  }

  /** One message of a client: the frame that the engine has found last. False when it isn't UTF-8. Never throws. */
  receiveFrame(session: Session): boolean {
    if (!this.#heard(session)) return true
    const engine = this.#engine
    const frames = engine.frames!
    if (session.waiting !== null) {
      const message = frames.payload
      if (!isUtf8(message)) return false
      this.#wait(session, session.waiting, message)
      return true
    }
    try {
      const lengthBytes = frames.payloadBytes
      const kind = engine.ingestFrame!(session.slot)
      if (kind === ERRORS.E_UTF8.verdict) return false
      this.#act(session, kind, lengthBytes)
    } catch (error) {
      this.#sessions.refuse(session, 0, error)
    }
    return true
  }

  /** The hot path: what a message of this kind, or with this verdict, brings about. */
  #act(session: Session, kind: number, lengthBytes: number): void {
    const id = this.#engine.id
    if (id !== 0 && !this.#inOrder(session, id)) return
    if (kind >= FIRST_HOT_KIND) this.#relay.message(session, kind, id, lengthBytes)
    else if (kind >= 0) this.#control(session, kind, id, lengthBytes)
    else this.#reject(session, kind, id)
    if (id !== 0 && session.waiting === null) acknowledge(session, id)
  }

  /** A verdict of the engine becomes an error to the sender; where the table has a close code, it ends the session. */
  #reject(session: Session, verdict: number, id: number): void {
    const code = verdict === ENGINE_FAULT ? 'E_ENGINE' : errorOfVerdict(verdict)
    const wrong = `the field ${this.#engine.field} is missing or has the wrong type`
    const error = code === 'E_FIELD' ? new SignalError(code, wrong) : new SignalError(code)
    if (ERRORS[code].close === undefined) this.#sessions.refuse(session, id, error)
    else this.#sessions.fail(session, error)
  }

  /** Ids count without a gap; one that was processed before is dropped, and acknowledged again if it was before. */
  #inOrder(session: Session, id: number): boolean {
    const next = session.lastId + 1
    if (id === next) return true
    if (id < next) this.#repeated(session, id)
    else this.#sessions.refuse(session, id, new SignalError('E_ORDER', `expected id ${next}, not ${id}`))
    return false
  }

  /**
   * Policies count a duplicate as out of order, else one could be sent without end. What other nodes have still to
   * confirm a client sends again when it is back, in order: so much is its right.
   */
  #repeated(session: Session, id: number): void {
    const { ackedId, repeatedId } = session
    if (ackedId !== 0) session.outbox.ack(ackedId)
    if (id > ackedId && id > repeatedId) {
      session.repeatedId = id
      return
    }
    const verdict = this.#policies.refused('E_ORDER', session.address, session.slot)
    if (verdict) this.#sessions.fail(session, verdict)
  }

  #control(session: Session, kind: number, id: number, lengthBytes: number): void {
    const engine = this.#engine
    if (this.#policies.watchesMessages && !this.#mayControl(session, kind, id, lengthBytes)) return
    this.#stats.accepted(kind, lengthBytes)
    session.bytesIn += lengthBytes
    if (kind === KINDS.ack) {
      this.#seen(session, engine.seen)
    } else if (kind === KINDS.bye) {
      this.#sessions.close(session, 1000, 'bye')
    } else {
      const room = kind === KINDS.auth ? '' : engine.roomName
      const { dataText: data } = engine
      this.#sessions.attempt(session, id, () => {
        if (kind === KINDS.join || kind === KINDS.update) this.#fanout.check(session)
        const answer = this.#requests.act(session, kind, id, room, data)
        if (answer !== undefined) void this.#later(session, id, answer)
      })
    }
  }

  /** A join is judged where it happens, and nobody is kept from leaving for good. */
  #mayControl(session: Session, kind: number, id: number, lengthBytes: number): boolean {
    if (kind === KINDS.join || kind === KINDS.bye) return true
    const isAboutRoom = kind !== KINDS.ack && kind !== KINDS.auth
    const room = isAboutRoom ? session.memberships.get(this.#engine.roomName)?.room : undefined
    const recipients = kind === KINDS.update && room !== undefined ? room.size - 1 : 0
    return this.#relay.allows(session, kind, id, room?.number ?? -1, lengthBytes, recipients)
  }

  /** The client says how many counted frames it has: they needn't be kept any longer. */
  #seen(session: Session, seen: number): void {
    if (session.outbox.acknowledge(seen)) session.refusals?.acknowledge(seen)
    else this.#sessions.refuse(session, 0, new SignalError('E_SEEN'))
  }

  /** A plugin takes its time: what the client sends meanwhile waits, in order. */
  async #later(session: Session, id: number, answer: Promise<Rest>): Promise<void> {
    session.waiting = { messages: [], bytes: 0 }
    const rest = await answer.catch((error: unknown) => () => {
      throw error
    })
    // Not those that waited at first: a client that came back meanwhile has sent them again.
    const { messages } = session.waiting
    session.waiting = null
    if (session.gate !== null) return // it goes on elsewhere, and its client sends this once more there
    if (session.open) this.#sessions.attempt(session, id, rest)
    if (id !== 0) acknowledge(session, id)
    for (const message of messages) this.receive(session, message)
  }

  /** Notes a sign of life. False when the session has ended. */
  #heard(session: Session): boolean {
    session.silentSweeps = 0
    session.pinged = false
    if (session.spentTicket !== null) this.#sessions.tickets.confirm(session)
    return session.open
  }

  #wait(session: Session, waiting: Waiting, message: Uint8Array): void {
    waiting.bytes += message.length + WAITING_OVERHEAD_BYTES
    if (waiting.bytes <= MAX_WAITING_BYTES) waiting.messages.push(Uint8Array.from(message))
    else this.#sessions.fail(session, new SignalError('E_RATE', 'too much was sent while a plugin decides'))
  }
}

/** A tick's acknowledgements leave as one frame. One that waits for other nodes follows when they have confirmed. */
function acknowledge(session: Session, id: number): void {
  session.lastId = id
  const { unconfirmed } = session
  if (unconfirmed === null || unconfirmed.isEmpty) session.outbox.ack(id)
}
