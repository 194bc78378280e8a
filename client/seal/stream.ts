/**
 * One direction between one sender and one receiver (or all of them), under a key of its own: messages are numbered,
 * and the number is the nonce, so it never comes twice under a key. Sender, receiver, room, kind and number are
 * authenticated with each message.
 */

import type { Json } from '../../core/protocol.js'
import { base64url } from '../base64url.js'
import { bytesFrom, bytesOf } from './room-secret.js'

/** Whose messages these are. */
export interface Label {
  readonly room: string
  readonly from: string
  /** Null: everybody in the room. */
  readonly to: string | null
}

/** A message as it travels in the `data` of an envelope. */
export interface Box {
  readonly n: number
  readonly box: string
}

/** The number of a next message, and how many before it were never passed on. */
export interface Position {
  readonly n: number
  readonly skipped: number
}

/** What is inside: what the sender has to say, and how many numbers it has given in vain so far. */
interface Content {
  readonly data: Json
  readonly skipped: number
}

export class SendingStream {
  readonly #key: CryptoKey
  readonly #label: Label
  #next = 0
  #skipped = 0

  constructor(key: CryptoKey, label: Label) {
    this.#key = key
    this.#label = label
  }

  get position(): Position {
    return { n: this.#next, skipped: this.#skipped }
  }

  /** Numbers are given in the order of the calls. */
  async seal(kind: string, data: Json): Promise<Box> {
    const n = this.#next++
    const content: Content = { data, skipped: this.#skipped }
    const text = new TextEncoder().encode(JSON.stringify(content))
    const sealed = await crypto.subtle.encrypt(parameters(this.#label, kind, n), this.#key, text)
    return { n, box: base64url(new Uint8Array(sealed)) }
  }

  /** A sealed message hasn't been passed on, and never will be: the receiver is told not to miss it. */
  skip(): void {
    this.#skipped += 1
  }
}

/** What came of opening a message. `missing`: so many before it have been lost on the way. */
export type Opened =
  | { readonly outcome: 'opened'; readonly data: Json; readonly missing: number }
  | { readonly outcome: 'forged' | 'replayed' }

export class ReceivingStream {
  readonly #key: CryptoKey
  readonly #label: Label
  /** Nothing below this number is accepted any more. */
  #next = 0
  /** Where the count begins: from here on, this receiver must have them all. */
  readonly #base: Position
  #received = 0
  /** How many of those that are missing have been told. */
  #told = 0

  constructor(key: CryptoKey, label: Label, base: Position = { n: 0, skipped: 0 }) {
    this.#key = key
    this.#label = label
    this.#base = base
  }

  async open(kind: string, { n, box }: Box): Promise<Opened> {
    const content = await this.#decrypt(kind, n, box)
    if (content === undefined) return { outcome: 'forged' }
    if (n < this.#next) return { outcome: 'replayed' }
    const { data, skipped } = content
    this.#next = n + 1
    if (n < this.#base.n) return { outcome: 'opened', data, missing: 0 }
    const unexplained = n - this.#base.n - this.#received - (skipped - this.#base.skipped)
    const missing = Math.max(0, unexplained - this.#told)
    this.#told = Math.max(0, unexplained)
    this.#received += 1
    return { outcome: 'opened', data, missing }
  }

  async #decrypt(kind: string, n: number, box: string): Promise<Content | undefined> {
    const bytes = bytesFrom(box)
    if (bytes === undefined) return undefined
    try {
      const text = await crypto.subtle.decrypt(parameters(this.#label, kind, n), this.#key, bytes)
      return JSON.parse(new TextDecoder().decode(text)) as Content
    } catch {
      return undefined
    }
  }
}

/** The number is the nonce (96 bits, SP 800-38D section 8.2.1); all that a message claims to be is bound to it. */
function parameters({ room, from, to }: Label, kind: string, n: number): AesGcmParams {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setBigUint64(4, BigInt(n))
  return { name: 'AES-GCM', iv, additionalData: bytesOf([kind, room, from, to, n]) }
}

/** What of a stranger's `data` is a sealed message. */
export function boxIn(data: Json | undefined): Box | undefined {
  const { n, box } = (data ?? {}) as { n?: Json; box?: Json }
  if (!Number.isSafeInteger(n) || (n as number) < 0 || typeof box !== 'string') return undefined
  return { n: n as number, box }
}
