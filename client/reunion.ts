/**
 * A server that comes back empty gives everybody a new id, while the connections between them live. Here the two ends
 * of such a connection find each other again:
 *
 *   a member isn't back yet ──▶ missing: it and its connection stay as they are
 *   somebody new is there   ──▶ a stranger: gets our proofs, an offer `{proofs}`, and is held for a moment
 *   a stranger's proofs fit a missing member ──▶ found: the member goes on under the new id
 *   they don't, or nothing comes             ──▶ a newcomer, as any other
 *
 * Nobody is held while nobody is missing.
 */

import type { Json, PeerIntroduction } from '../core/protocol.js'
import type { Clock } from './clock.js'
import type { SignalboxError } from './errors.js'
import { isDescription, type Member } from './member.js'
import { canProve, proofOf } from './proof.js'
import type { RoomMessage } from './room-link.js'

/** How long a member may be missing, milliseconds; its connection tells earlier when it is gone for good. */
const MISSING_MS = 60_000
/** How long a stranger is waited for who says nothing, milliseconds. */
const HOLD_MS = 2_000
/** Messages of a stranger, and alarms about it, that are kept meanwhile. */
const HELD_LIMIT = 256
/** Proofs that are looked at in one claim. */
const PROOFS_LIMIT = 64

export interface ReunionLink {
  readonly clock: Clock
  /** Our own id in the session that is. */
  ownId(): string
  /** Sends `data` to a peer as an offer. */
  claim(to: string, data: Json): void
  /** This member is here again. */
  found(member: Member, introduction: PeerIntroduction): void
  /** Somebody whom we don't know from before. */
  newcomer(introduction: PeerIntroduction): void
  /** This member won't come back. */
  gone(member: Member): void
  /** What the stranger said, once it is known who it is. */
  deliver(message: RoomMessage): void
  /** What was wrong with what the stranger said, likewise. */
  failed(id: string, error: SignalboxError): void
}

interface Stranger {
  introduction: PeerIntroduction
  /** In the order of arrival. */
  readonly held: (RoomMessage | SignalboxError)[]
  /** Its proofs are being looked at. */
  judged: boolean
  /** Resolves when it has been sent ours. */
  readonly claimed: Promise<void>
  cancel(): void
}

export class Reunion {
  readonly #link: ReunionLink
  /** With what ends the waiting. */
  readonly #missing = new Map<Member, () => void>()
  readonly #strangers = new Map<string, Stranger>()

  constructor(link: ReunionLink) {
    this.#link = link
  }

  /** Begins to wait for a member that isn't in the room any more. False when it couldn't be told from others. */
  misses(member: Member): boolean {
    if (this.#missing.has(member)) return true
    if (member.bond === undefined || !canProve()) return false
    this.#missing.set(
      member,
      this.#link.clock.after(MISSING_MS, () => this.giveUp(member)),
    )
    return true
  }

  /** Ends the waiting for a member; false when there was none. */
  returns(member: Member): boolean {
    this.#missing.get(member)?.()
    return this.#missing.delete(member)
  }

  /** The connection to a member is gone: if it was missing, it has nothing to come back to. */
  giveUp(member: Member): void {
    if (!this.returns(member)) return
    this.#link.gone(member)
    if (this.#missing.size === 0) this.#releaseAll()
  }

  /** Somebody is in the room whom we don't know. */
  meet(introduction: PeerIntroduction): void {
    if (this.#missing.size === 0) {
      this.#link.newcomer(introduction)
      return
    }
    const { id } = introduction
    const cancel = this.#link.clock.after(HOLD_MS, () => this.#release(id))
    const claimed = this.#claim(id)
    this.#strangers.set(id, { introduction, held: [], judged: false, claimed, cancel })
  }

  /** Takes a message if it is about a stranger. */
  takes(message: RoomMessage): boolean {
    const id = 'peer' in message ? message.peer.id : message.from
    const stranger = this.#strangers.get(id)
    if (!stranger) return false
    if (message.type === 'peer-left') {
      // An alarm is told even so, and needs somebody whom it is about.
      if (stranger.held.some(isAlarm)) {
        this.#release(id)
        return false
      }
      stranger.cancel()
      this.#strangers.delete(id)
    } else if (message.type === 'peer-updated') {
      stranger.introduction = { ...stranger.introduction, data: message.peer.data }
    } else this.#hear(stranger, message)
    return true
  }

  /** Takes an alarm if it is about a stranger. */
  takesAlarm(id: string, error: SignalboxError): boolean {
    const stranger = this.#strangers.get(id)
    if (stranger) this.#hold(stranger, error)
    return stranger !== undefined
  }

  /** Strangers of a session that is lost are nobody; the missing are missing still. */
  forgetStrangers(): void {
    for (const { cancel } of this.#strangers.values()) cancel()
    this.#strangers.clear()
  }

  close(): void {
    this.forgetStrangers()
    for (const cancel of this.#missing.values()) cancel()
    this.#missing.clear()
  }

  #hear(stranger: Stranger, message: RoomMessage): void {
    const proofs = message.type === 'offer' ? (message.data as { proofs?: Json } | null)?.proofs : undefined
    if (Array.isArray(proofs)) {
      if (!stranger.judged) void this.#judge(stranger, proofs.slice(0, PROOFS_LIMIT))
      return
    }
    this.#hold(stranger, message)
    // Claims come before anything that is negotiated: who offers without one is new.
    const isNew = message.type === 'offer' && isDescription(message.data)
    if (isNew && !stranger.judged) this.#release(stranger.introduction.id)
  }

  #hold(stranger: Stranger, one: RoomMessage | SignalboxError): void {
    stranger.held.push(one)
    if (!stranger.judged && stranger.held.length >= HELD_LIMIT) this.#release(stranger.introduction.id)
  }

  async #claim(to: string): Promise<void> {
    const from = this.#link.ownId()
    const bonds = [...this.#missing.keys()].flatMap(({ bond }) => bond ?? [])
    const proofs = await Promise.all(bonds.slice(0, PROOFS_LIMIT).map((bond) => proofOf(bond, from, to)))
    this.#link.claim(to, { proofs })
  }

  async #judge(stranger: Stranger, proofs: readonly Json[]): Promise<void> {
    stranger.judged = true
    stranger.cancel()
    const { id } = stranger.introduction
    const member = await this.#recognise(id, proofs)
    // Our claim goes first: what is negotiated then finds the other side prepared.
    await stranger.claimed
    if (this.#strangers.get(id) !== stranger) return
    if (!member || !this.returns(member)) return this.#release(id)
    this.#strangers.delete(id)
    this.#link.found(member, stranger.introduction)
    this.#handOver(stranger)
    if (this.#missing.size === 0) this.#releaseAll()
  }

  async #recognise(id: string, proofs: readonly Json[]): Promise<Member | undefined> {
    const to = this.#link.ownId()
    for (const member of this.#missing.keys()) {
      const { bond } = member
      if (bond !== undefined && proofs.includes(await proofOf(bond, id, to))) return member
    }
    return undefined
  }

  #release(id: string): void {
    const stranger = this.#strangers.get(id)
    if (!stranger) return
    stranger.cancel()
    this.#strangers.delete(id)
    this.#link.newcomer(stranger.introduction)
    this.#handOver(stranger)
  }

  #handOver({ introduction, held }: Stranger): void {
    for (const one of held) {
      if (isAlarm(one)) this.#link.failed(introduction.id, one)
      else this.#link.deliver(one)
    }
  }

  #releaseAll(): void {
    for (const id of [...this.#strangers.keys()]) this.#release(id)
  }
}

const isAlarm = (one: RoomMessage | SignalboxError): one is SignalboxError => one instanceof Error
