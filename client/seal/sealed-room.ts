/**
 * Stands between a room and its session: what the room says is sealed on its way out, what it hears has been opened on
 * its way in, and what can't be opened is told instead of delivered. Everything keeps its order.
 */

import type { Json, PeerIntroduction } from '../../core/protocol.js'
import { type ClientErrorCode, SignalboxError } from '../errors.js'
import { quiet, type Request } from '../outbox.js'
import type { RoomControls, RoomLink, RoomMessage } from '../room-link.js'
import { Acquaintance } from './acquaintance.js'
import type { Credentials } from './credentials.js'
import { Gate } from './gate.js'
import { beginPublishing, type Publishing } from './meeting.js'

/** Messages that a room may have waiting to be sealed. */
const PENDING_LIMIT = 1_000

type Relayed = Extract<Request, { type: 'offer' | 'answer' | 'candidate' | 'signal' | 'publish' }>

export class SealedRoom {
  readonly #name: string
  readonly #credentials: Credentials
  readonly #link: RoomLink
  readonly #returns: boolean
  readonly #peers = new Map<string, Acquaintance>()
  #controls!: RoomControls
  #publishing!: Promise<Publishing>
  /** Counts sessions of the server: what belongs to an earlier one is over. */
  #epoch = 0
  readonly #gate = new Gate()
  #in: Promise<void> = Promise.resolve()
  #out: Promise<unknown> = Promise.resolve()
  #pending = 0
  #toldSuspended = false

  /** `returns`: we have been in this room before, in the same session. */
  constructor(name: string, credentials: Credentials, link: RoomLink, returns: boolean) {
    this.#name = name
    this.#credentials = credentials
    this.#link = link
    this.#returns = returns
  }

  /** What the room gets in the place of the session's own link. */
  get link(): RoomLink {
    return {
      ...this.#link,
      request: (message) => quiet(this.#request(message)),
      attach: (controls) => {
        this.#controls = controls
        this.#link.attach(this.#sealedControls(controls))
      },
    }
  }

  /** Who a peer has proved to be, by a signature over its fingerprints that is trusted here. */
  identityOf(peerId: string): { readonly name: string; readonly publicKey: string } | undefined {
    return this.#peers.get(peerId)?.identity
  }

  #sealedControls(controls: RoomControls): RoomControls {
    return {
      get data() {
        return controls.data
      },
      joined: (introductions) => this.#joined(introductions),
      receive: (message) => this.#receive(message),
      waiting: () => controls.waiting(),
      atDoor: (message) => controls.atDoor(message),
      suspended: () => this.#suspended(),
      resumed: () => {
        if (this.#toldSuspended) controls.resumed()
        this.#toldSuspended = false
        this.#gate.open()
      },
      failed: (peerId, error) => controls.failed(peerId, error),
      ended: (error) => {
        this.#epoch += 1
        const reason = error ?? new SignalboxError('E_NOT_JOINED', 'you have left this room')
        this.#gate.end(reason)
        this.#forgetAll(reason)
        controls.ended(error)
      },
    }
  }

  #joined(introductions: readonly PeerIntroduction[]): void {
    this.#epoch += 1
    this.#toldSuspended = false
    this.#in = Promise.resolve()
    this.#forgetAll(
      new SignalboxError('E_SESSION_LOST', 'the server has lost the session: this was not sent'),
    )
    this.#publishing = beginPublishing(this.#credentials.secret, this.#name, this.#link.ownId())
    for (const { id } of introductions) this.#meet(id, true)
    this.#gate.open()
    this.#controls.joined(introductions)
  }

  /** What has arrived is delivered first: a room that is away takes nothing. */
  #suspended(): void {
    this.#gate.shut()
    const epoch = this.#epoch
    void this.#in.then(() => {
      if (epoch !== this.#epoch || this.#gate.isOpen) return
      this.#toldSuspended = true
      this.#controls.suspended()
    })
  }

  #meet(id: string, isNewcomer: boolean): void {
    this.#peers.get(id)?.part(new SignalboxError('E_NO_PEER', 'this peer has left the room'))
    const acquaintance = new Acquaintance({
      credentials: this.#credentials,
      pair: { room: this.#name, own: this.#link.ownId(), peer: id, isNewcomer },
      returns: this.#returns && isNewcomer,
      clock: this.#link.clock,
      publishing: this.#publishing,
      inOrder: (work) => this.#inOrder(work),
      tell: (data) => this.#link.request({ type: 'signal', room: this.#name, to: id, data: { seal: data } }),
      fail: (error) => this.#controls.failed(id, error),
    })
    this.#peers.set(id, acquaintance)
  }

  #forgetAll(reason: SignalboxError): void {
    for (const acquaintance of this.#peers.values()) acquaintance.part(reason)
    this.#peers.clear()
  }

  async #request(message: Request): Promise<void> {
    if (!isRelayed(message)) return this.#link.request(message)
    if (this.#pending >= PENDING_LIMIT) {
      throw new SignalboxError('E_BACKLOG', 'too many messages wait to be sealed: send more slowly')
    }
    this.#pending += 1
    try {
      const to = 'to' in message ? this.#peers.get(message.to) : undefined
      if ('to' in message && !to) throw new SignalboxError('E_NO_PEER', 'no such peer in this room')
      await to?.met()
      const { confirmed } = await this.#inOrder(() => this.#hand(message, to))
      await confirmed
    } finally {
      this.#pending -= 1
    }
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#out.then(work)
    this.#out = done.catch(() => {})
    return done
  }

  /** Seals a message and gives it to the session, once there is a connection; and again if that was lost meanwhile. */
  async #hand(message: Relayed, to: Acquaintance | undefined): Promise<{ confirmed: Promise<void> }> {
    for (;;) {
      await this.#gate.passed
      const epoch = this.#epoch
      const stream = to ? to.sending : (await this.#publishing).stream
      const sealed = await stream.seal(message.type, await this.#content(message, to))
      const isLate = epoch !== this.#epoch || to?.isOver
      if (!isLate && this.#gate.isOpen) {
        const confirmed = this.#link.request({ ...message, data: { seal: { ...sealed } } })
        confirmed.catch((error: SignalboxError) => {
          if (!OPEN_ENDS.includes(error.code)) stream.skip()
        })
        return { confirmed }
      }
      stream.skip()
    }
  }

  async #content(message: Relayed, to: Acquaintance | undefined): Promise<Json> {
    const signed = to && (await to.sign(message.type, message.data))
    return { data: message.data, ...(signed && { signed: { ...signed } }) }
  }

  #receive(message: RoomMessage): void {
    const epoch = this.#epoch
    this.#in = this.#in.then(async () => {
      if (epoch !== this.#epoch) return
      for (const heard of await this.#opened(message))
        if (epoch === this.#epoch) this.#controls.receive(heard)
    })
  }

  /** What the room is to hear of a message: itself, itself opened, nothing, or what was waiting for it. */
  async #opened(message: RoomMessage): Promise<readonly RoomMessage[]> {
    if (message.type === 'peer-joined') this.#meet(message.peer.id, false)
    if (message.type === 'peer-left') {
      this.#peers.get(message.peer.id)?.part(new SignalboxError('E_NO_PEER', 'this peer has left the room'))
      this.#peers.delete(message.peer.id)
    }
    if (!('from' in message)) return [message]
    // The room doesn't know it either.
    return (await this.#peers.get(message.from)?.hear(message)) ?? []
  }
}

/** What is meant for the server. */
const PLAIN: readonly Request['type'][] = ['join', 'leave', 'update', 'auth', 'moderate']
const isRelayed = (message: Request): message is Relayed => !PLAIN.includes(message.type)

/** Then nobody knows whether it was passed on. */
const OPEN_ENDS: readonly string[] = ['E_SESSION_LOST', 'E_CLOSED'] satisfies ClientErrorCode[]
