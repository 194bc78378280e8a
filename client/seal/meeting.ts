/**
 * Two members of a room who meet, as one of them sees it. Each greets the other with a fresh nonce, sealed under the
 * room's secret; who was there before answers, and names the nonce that it answers. What they then say to each other is
 * sealed under keys made of both nonces: nothing that was ever said before can be opened, whatever ids the server gives
 * out. `ready` tells, under such a key, which key the sender's published messages are under and where they begin.
 *
 *   newcomer ── hello(its nonce) ──────────────────▶ resident
 *   newcomer ◀─ hello(its nonce, the newcomer's) ─── resident
 *   either   ── ready(its publishes) ──────────────▶ the other
 *
 * So a newcomer that has left and come back under the same id doesn't take the answer to its former greeting for one.
 */

import type { Json } from '../../core/protocol.js'
import { base64url } from '../base64url.js'
import { bytesFrom, NONCE_BYTES, nonce, type RoomSecret } from './room-secret.js'
import { type Label, type Position, ReceivingStream, SendingStream } from './stream.js'

/** The two and their room. */
export interface Pair {
  readonly room: string
  /** Our own peer id. */
  readonly own: string
  readonly peer: string
  /** We have come last, and greet first. */
  readonly isNewcomer: boolean
}

/** What `ready` tells: the salt of the sender's publishing key, and the number of its next message. */
export interface Publishing {
  readonly salt: Uint8Array<ArrayBuffer>
  readonly stream: SendingStream
}

/** What only the two of them share, once they have met. */
interface Bond {
  readonly sending: SendingStream
  readonly receiving: ReceivingStream
  readonly readySender: SendingStream
  readonly readyReceiver: ReceivingStream
  /** Both nonces, ours first: what signatures are bound to. */
  readonly nonces: readonly [own: string, theirs: string]
}

export class Meeting {
  readonly pair: Pair
  readonly #secret: RoomSecret
  readonly #nonce = nonce()
  /** The greeting that ours answers: the newcomer's, once it could be opened. */
  #answered: string | null = null
  #bond: Bond | undefined
  #publishes: ReceivingStream | undefined

  constructor(secret: RoomSecret, pair: Pair) {
    this.#secret = secret
    this.pair = pair
  }

  get bond(): Bond | undefined {
    return this.#bond
  }

  /** What the other publishes; undefined before its `ready`. */
  get publishes(): ReceivingStream | undefined {
    return this.#publishes
  }

  /** What we say first: a newcomer at once, a resident when it has been greeted. */
  async hello(): Promise<Json> {
    const { room, own, peer } = this.pair
    const key = await this.#secret.derive(this.#nonce, ['hello', room, own, peer])
    const { box } = await new SendingStream(key, this.#toPeer()).seal('hello', this.#answered)
    return { hello: base64url(this.#nonce), box }
  }

  /**
   * Takes the other's hello. `forged`: it doesn't know the secret, or somebody has changed what it said. `stale`: it is
   * meant for somebody else that we have been, or nobody has asked for it.
   */
  async greeted(data: Json): Promise<'met' | 'forged' | 'stale' | 'replayed'> {
    const { hello, box } = data as { hello?: Json; box?: Json }
    const theirs = bytesFrom(hello, NONCE_BYTES)
    if (theirs === undefined || typeof box !== 'string') return 'forged'
    const { room, own, peer, isNewcomer } = this.pair
    const key = await this.#secret.derive(theirs, ['hello', room, peer, own])
    const opened = await new ReceivingStream(key, this.#fromPeer()).open('hello', { n: 0, box })
    if (opened.outcome !== 'opened') return 'forged'
    if (this.#bond !== undefined) return 'replayed'
    if (opened.data !== (isNewcomer ? base64url(this.#nonce) : null)) return 'stale'
    if (!isNewcomer) this.#answered = base64url(theirs)
    this.#bond = await this.#bondWith(theirs)
    return 'met'
  }

  /** What we say second, once they have met: under what we publish, and from where on it is for the other too. */
  async ready(salt: Uint8Array, from: Position): Promise<Json> {
    const { box } = await this.#bond!.readySender.seal('ready', { salt: base64url(salt), ...from })
    return { ready: box }
  }

  /** Takes the other's `ready`. */
  async told(data: Json): Promise<'told' | 'forged' | 'replayed'> {
    const { ready } = data as { ready?: Json }
    if (this.#bond === undefined || typeof ready !== 'string') return 'forged'
    const opened = await this.#bond.readyReceiver.open('ready', { n: 0, box: ready })
    if (opened.outcome !== 'opened') return opened.outcome
    const { salt, n, skipped } = opened.data as { salt: string; n: number; skipped: number }
    const key = await this.#secret.derive(bytesFrom(salt, NONCE_BYTES)!, [
      'publish',
      this.pair.room,
      this.pair.peer,
    ])
    const label: Label = { room: this.pair.room, from: this.pair.peer, to: null }
    this.#publishes = new ReceivingStream(key, label, { n, skipped })
    return 'told'
  }

  async #bondWith(theirs: Uint8Array<ArrayBuffer>): Promise<Bond> {
    const { room, own, peer } = this.pair
    const [sent, received] = [join(this.#nonce, theirs), join(theirs, this.#nonce)]
    const [sending, receiving, readySending, readyReceiving] = await Promise.all([
      this.#secret.derive(sent, ['direct', room, own, peer]),
      this.#secret.derive(received, ['direct', room, peer, own]),
      this.#secret.derive(sent, ['ready', room, own, peer]),
      this.#secret.derive(received, ['ready', room, peer, own]),
    ])
    return {
      sending: new SendingStream(sending, this.#toPeer()),
      receiving: new ReceivingStream(receiving, this.#fromPeer()),
      readySender: new SendingStream(readySending, this.#toPeer()),
      readyReceiver: new ReceivingStream(readyReceiving, this.#fromPeer()),
      nonces: [base64url(this.#nonce), base64url(theirs)],
    }
  }

  #toPeer = (): Label => ({ room: this.pair.room, from: this.pair.own, to: this.pair.peer })
  #fromPeer = (): Label => ({ room: this.pair.room, from: this.pair.peer, to: this.pair.own })
}

/** Our own publishing: a key that nobody had before, and no message yet. */
export async function beginPublishing(secret: RoomSecret, room: string, own: string): Promise<Publishing> {
  const salt = nonce()
  const key = await secret.derive(salt, ['publish', room, own])
  return { salt, stream: new SendingStream(key, { room, from: own, to: null }) }
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}
