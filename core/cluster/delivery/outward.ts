import type { FrameLog } from '../../egress/frame-log.js'
import type { Engine } from '../../engine/engine.js'
import { KINDS } from '../../protocol.js'
import type { RoomTable } from '../../rooms/room-table.js'
import type { Membership, Session } from '../../sessions/session.js'
import type { SessionTable } from '../../sessions/session-table.js'
import type { Abroad } from '../presence/abroad.js'
import { PRESENCE } from '../presence/presence-records.js'
import type { Share } from '../presence/share.js'
import type { Confirmations } from './confirmations.js'

const NUMBER_BYTES = 4
/** A room's number and the id of a peer. */
const DIRECT_HEAD_BYTES = NUMBER_BYTES + 12

export interface OutwardParts {
  readonly engine: Engine
  readonly log: FrameLog
  readonly table: RoomTable
  readonly confirmations: Confirmations
  readonly sessions: SessionTable
}

/** The hot path's way to other nodes: a frame goes once over each link, however many receive it there. */
export class Outward {
  readonly #parts: OutwardParts
  /** Where the message at hand goes: to all of a room, or to one peer, there or here. */
  #abroad: Abroad | undefined
  #share: Share | undefined
  /** Where that peer may be still, while it moves. */
  #former: Share | undefined
  #guest: Membership | undefined
  readonly #head = Buffer.alloc(DIRECT_HEAD_BYTES)

  constructor(parts: OutwardParts) {
    this.#parts = parts
  }

  /**
   * Finds out where the message that the engine has accepted last must go besides the recipients that the engine has
   * named. Returns how many peers will be sent it there.
   */
  aim(kind: number): number {
    const { engine, table } = this.#parts
    this.#abroad = undefined
    this.#share = undefined
    this.#former = undefined
    this.#guest = undefined
    if (kind !== KINDS.publish) return engine.recipientCount > 0 ? 0 : this.#aimAtOne()
    const abroad = table.at(engine.room)!.abroad!
    this.#abroad = abroad
    return abroad.members.size
  }

  /** Sends that message there; `replaced` is its frame, where it isn't the engine's. */
  send(session: Session, id: number, replaced: Buffer | undefined): void {
    if (this.#abroad !== undefined) this.#sendToAll(this.#abroad, session, id, replaced)
    else if (this.#share !== undefined) {
      this.#sendToOne(this.#share, session, id, replaced, this.#former === undefined)
    } else if (this.#guest !== undefined) this.#sendToGuest(this.#guest.session, replaced)
    if (this.#former !== undefined) this.#sendToOne(this.#former, session, id, replaced, false)
  }

  #aimAtOne(): number {
    const { engine, table, sessions } = this.#parts
    const { to } = engine
    const room = table.at(engine.room)!
    const abroad = room.abroad!
    const remote = abroad.members.get(to)
    // The engine doesn't find a session that came from another node, and kept its id.
    if (remote === undefined) this.#guest = sessions.find(to)?.memberships.get(room.name)
    else this.#share = abroad.shareOf(remote.link)
    const former = remote === undefined ? this.#guest?.session.gate?.former : remote.former
    if (former !== undefined) this.#former = abroad.shareOf(former)
    const isThere = this.#share !== undefined || this.#guest !== undefined
    if (isThere) this.#head.write(to, NUMBER_BYTES, 'base64url')
    return isThere ? 1 : 0
  }

  #sendToAll({ shares }: Abroad, session: Session, id: number, replaced: Buffer | undefined): void {
    const { engine, confirmations } = this.#parts
    for (let i = 0; i < shares.length; i++) {
      const { link, head } = shares[i]!
      if (replaced) link.send(PRESENCE.frame, head, replaced)
      else link.sendFrame(PRESENCE.frame, head, engine)
      if (id !== 0) confirmations.await(session, id, link, false)
    }
  }

  /** `direct` says that the message is lost with the link; one that goes to two nodes isn't. */
  #sendToOne(
    { link, head }: Share,
    session: Session,
    id: number,
    replaced: Buffer | undefined,
    direct: boolean,
  ): void {
    const { engine, confirmations } = this.#parts
    head.copy(this.#head)
    if (replaced) link.send(PRESENCE.direct, this.#head, replaced)
    else link.sendFrame(PRESENCE.direct, this.#head, engine)
    if (id !== 0) confirmations.await(session, id, link, direct)
  }

  #sendToGuest({ outbox }: Session, replaced: Buffer | undefined): void {
    const { engine, log } = this.#parts
    outbox.pushDirect(replaced ? log.append(replaced) : log.appendFrom(engine))
  }
}
