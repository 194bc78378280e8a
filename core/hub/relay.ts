/** The hot path's second half: from a message that the engine has accepted to the outboxes of its recipients. */

import type { Outward } from '../cluster/delivery/outward.js'
import type { FrameLog } from '../egress/frame-log.js'
import type { Engine } from '../engine/engine.js'
import { SignalError } from '../errors.js'
import { type HotKindName, KINDS } from '../protocol.js'
import type { Session } from '../sessions/session.js'
import type { Sessions } from '../sessions/sessions.js'
import { relayedFrame } from './control-frames.js'
import type { Fanout } from './fanout.js'
import type { Policies } from './policies.js'
import type { Stats } from './stats.js'

const HOT_NAMES: Readonly<Record<number, HotKindName>> = Object.fromEntries(
  (['offer', 'answer', 'candidate', 'signal', 'publish'] as const).map((name) => [KINDS[name], name]),
)

export interface RelayParts {
  readonly engine: Engine
  readonly log: FrameLog
  readonly fanout: Fanout
  readonly policies: Policies
  readonly sessions: Sessions
  readonly stats: Stats
  /** The way to other nodes; absent without a cluster. */
  readonly outward?: Outward | undefined
}

export class Relay {
  readonly #engine: Engine
  readonly #log: FrameLog
  readonly #fanout: Fanout
  readonly #policies: Policies
  readonly #sessions: Sessions
  readonly #stats: Stats
  readonly #outward: Outward | undefined

  constructor({ engine, log, fanout, policies, sessions, stats, outward }: RelayParts) {
    this.#engine = engine
    this.#log = log
    this.#fanout = fanout
    this.#policies = policies
    this.#sessions = sessions
    this.#stats = stats
    this.#outward = outward
  }

  /** The message that the engine has accepted last. */
  message(session: Session, kind: number, id: number, lengthBytes: number): void {
    const engine = this.#engine
    const policies = this.#policies
    const outward = this.#outward
    const here = engine.recipientCount
    const recipients = outward === undefined ? here : here + outward.aim(kind)
    if (recipients === 0 && kind !== KINDS.publish) {
      this.#sessions.refuse(session, id, new SignalError('E_NO_PEER'))
      return
    }
    if (this.#fanout.exceeded(session)) {
      this.#sessions.refuse(session, id, this.#fanout.refusal(session))
      return
    }
    if (policies.watchesMessages && !this.allows(session, kind, id, engine.room, lengthBytes, recipients))
      return
    let replaced: Buffer | undefined
    if (policies.watchesData(kind)) {
      replaced = this.#replaced(session, kind, id)
      if (replaced === undefined) return
    }
    this.#stats.accepted(kind, lengthBytes)
    session.bytesIn += lengthBytes
    session.bytesOut += recipients * lengthBytes
    if (outward !== undefined) outward.send(session, id, replaced)
    if (here === 0) return
    const position = replaced ? this.#log.append(replaced) : this.#log.appendFrom(engine)
    if (kind !== KINDS.publish) {
      this.#sessions.at(engine.recipients[0]!)!.outbox.pushDirect(position)
      return
    }
    const slots = engine.recipients
    for (let i = 0; i < here; i++) {
      const recipient = this.#sessions.at(slots[i]!)
      if (recipient === undefined) {
        this.#tellTheRest(session, i, position)
        return
      }
      recipient.outbox.push(position)
    }
  }

  /** The engine has named somebody who isn't there; the first `told` of the room, in the same order, have the frame. */
  #tellTheRest(session: Session, told: number, position: number): void {
    const { room } = session.memberships.get(this.#engine.roomName)!
    this.#engine.distrust?.(new Error(`room ${room.number} has a member that nobody is`))
    let i = 0
    for (const member of room.members) {
      if (member.session !== session && i++ >= told) member.session.outbox.push(position)
    }
  }

  /** Asks the policies about a message; a refusal is told. */
  allows(
    session: Session,
    kind: number,
    id: number,
    room: number,
    lengthBytes: number,
    recipients: number,
  ): boolean {
    const refusal = this.#policies.message(session, kind, room, lengthBytes, recipients)
    if (refusal === undefined) return true
    this.#sessions.refuse(session, id, refusal)
    return false
  }

  /** The frame with what the policies make of the payload; undefined when they let nothing of it through. */
  #replaced(session: Session, kind: number, id: number): Buffer | undefined {
    const { dataText, roomName } = this.#engine
    const data = this.#policies.data(kind, dataText)
    if (typeof data === 'string') return relayedFrame(HOT_NAMES[kind]!, roomName, session.id, data)
    if (data !== null) this.#sessions.refuse(session, id, data)
    return undefined
  }
}
