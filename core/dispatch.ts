/**
 * What becomes of a message:
 *
 *   receive ─▶ engine.ingest ─▶ hot kind:     one frame into the outboxes of the recipients
 *                            ─▶ control kind: join, leave, update, stats, ack, bye
 *                            ─▶ verdict < 0:  an error to the sender, nothing to anyone else
 */

import { isUtf8 } from 'node:buffer'
import type { Access } from './access.js'
import { ENGINE_FAULT, type Engine } from './engine/engine.js'
import { ERRORS, errorOfVerdict, SignalError } from './errors.js'
import type { Fanout } from './fanout.js'
import type { Observers } from './observers.js'
import type { Policies } from './policies.js'
import { FIRST_HOT_KIND, KINDS } from './protocol.js'
import type { Relay } from './relay.js'
import type { Rooms } from './rooms.js'
import type { Membership, Session, Waiting } from './session.js'
import type { Sessions } from './sessions.js'
import type { Stats } from './stats.js'

/** What a client may send while a policy decides its join; each message counts this much besides its bytes. */
const MAX_WAITING_BYTES = 256 * 1024
const WAITING_OVERHEAD_BYTES = 128

export interface DispatchParts {
  readonly engine: Engine
  readonly relay: Relay
  readonly fanout: Fanout
  readonly access: Access
  readonly policies: Policies
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly observers: Observers
  readonly stats: Stats
}

export class Dispatch {
  readonly #engine: Engine
  readonly #relay: Relay
  readonly #fanout: Fanout
  readonly #access: Access
  readonly #policies: Policies
  readonly #sessions: Sessions
  readonly #rooms: Rooms
  readonly #observers: Observers
  readonly #stats: Stats

  constructor(parts: DispatchParts) {
    const { engine, relay, fanout, access, policies, sessions, rooms, observers, stats } = parts
    this.#engine = engine
    this.#relay = relay
    this.#fanout = fanout
    this.#access = access
    this.#policies = policies
    this.#sessions = sessions
    this.#rooms = rooms
    this.#observers = observers
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

  /** Ids count without a gap; one that was processed before is dropped and acknowledged again. */
  #inOrder(session: Session, id: number): boolean {
    const next = session.lastId + 1
    if (id === next) return true
    if (id < next) this.#acknowledgeAgain(session)
    else this.#sessions.refuse(session, id, new SignalError('E_ORDER', `expected id ${next}, not ${id}`))
    return false
  }

  /** Policies count a duplicate as out of order, else one could be sent without end. */
  #acknowledgeAgain(session: Session): void {
    session.outbox.ack(session.lastId)
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
      const { roomName: room, dataText: data } = engine
      this.#sessions.attempt(session, id, () => {
        if (kind === KINDS.join || kind === KINDS.update) this.#fanout.check(session)
        if (kind === KINDS.join) this.#join(session, room, data, id)
        else this.#inRoom(memberOf(session, room), kind, data)
      })
    }
  }

  /** A join is judged where it happens, and nobody is kept from leaving for good. */
  #mayControl(session: Session, kind: number, id: number, lengthBytes: number): boolean {
    if (kind === KINDS.join || kind === KINDS.bye) return true
    const room = kind === KINDS.ack ? undefined : session.memberships.get(this.#engine.roomName)?.room
    const recipients = kind === KINDS.update && room !== undefined ? room.members.length - 1 : 0
    return this.#relay.allows(session, kind, id, room?.number ?? -1, lengthBytes, recipients)
  }

  /** The client says how many counted frames it has: they needn't be kept any longer. */
  #seen(session: Session, seen: number): void {
    if (session.outbox.acknowledge(seen)) session.refusals?.acknowledge(seen)
    else this.#sessions.refuse(session, 0, new SignalError('E_SEEN'))
  }

  /** leave, update, stats */
  #inRoom(membership: Membership, kind: number, data: string): void {
    if (kind === KINDS.leave) {
      this.#rooms.leave(membership)
    } else if (kind === KINDS.update) {
      this.#rooms.update(membership, data)
    } else {
      const { id: peer, room } = membership
      this.#observers.tell({ type: 'stats', peer, room: room.name, data })
    }
  }

  #join(session: Session, room: string, data: string, id: number): void {
    this.#rooms.check(session, room, data)
    const { principal, id: peer, slot } = session
    const answer = this.#access.join({
      principal,
      peer,
      slot,
      room,
      roomNumber: this.#rooms.numberOf(room),
      members: this.#rooms.size(room),
      now: this.#policies.now,
    })
    if (answer === undefined) this.#rooms.enter(session, room, data, id)
    else void this.#joinLater(session, room, data, id, answer)
  }

  /** A policy takes its time: what the client sends meanwhile waits, in order. */
  async #joinLater(
    session: Session,
    room: string,
    data: string,
    id: number,
    answer: Promise<void>,
  ): Promise<void> {
    session.waiting = { messages: [], bytes: 0 }
    try {
      await answer
      if (session.open) this.#rooms.enter(session, room, data, id)
    } catch (error) {
      if (session.open) this.#sessions.refuse(session, id, error)
    }
    // Not those that waited at first: a client that came back meanwhile has sent them again.
    const { messages } = session.waiting
    session.waiting = null
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
    else this.#sessions.fail(session, new SignalError('E_RATE', 'too much was sent while a join is decided'))
  }
}

/** A tick's acknowledgements leave as one frame. */
function acknowledge(session: Session, id: number): void {
  session.lastId = id
  session.outbox.ack(id)
}

function memberOf(session: Session, room: string): Membership {
  const membership = session.memberships.get(room)
  if (membership === undefined) throw new SignalError('E_NOT_JOINED')
  return membership
}
