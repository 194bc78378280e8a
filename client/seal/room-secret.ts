/** What the members of a room share, and every key that is made of it (HKDF, RFC 5869; AES-GCM, SP 800-38D). */

import { base64url } from '../base64url.js'
import { SignalboxError } from '../errors.js'

/** Names what is derived, and for what: nothing made for one purpose is of use for another. */
export type Purpose = readonly [purpose: 'hello' | 'ready' | 'direct' | 'publish', ...parts: string[]]

const VERSION = 'signalbox.seal.v1'
/** 128 bits; guessing fewer is a matter of money. */
const LEAST_BYTES = 16
/** 128 bits: no two of these are ever the same. */
export const NONCE_BYTES = 16

export class RoomSecret {
  readonly #key: CryptoKey

  private constructor(key: CryptoKey) {
    this.#key = key
  }

  /** Throws E_SETUP for a secret that could be guessed, and where there is no Web Crypto. */
  static async from(secret: string | Uint8Array): Promise<RoomSecret> {
    const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : new Uint8Array(secret)
    if (bytes.length < LEAST_BYTES) {
      throw new SignalboxError(
        'E_SETUP',
        `a room secret has ${LEAST_BYTES} bytes or more; createSecret() makes one`,
      )
    }
    if (globalThis.crypto?.subtle === undefined) {
      throw new SignalboxError(
        'E_SETUP',
        'there is no Web Crypto here: browsers have it on https pages and localhost',
      )
    }
    return new RoomSecret(await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey']))
  }

  /** A key for one purpose and one salt. Who has a salt of its own never shares a key. */
  derive(salt: Uint8Array, purpose: Purpose): Promise<CryptoKey> {
    const info = bytesOf([VERSION, ...purpose])
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(salt), info }
    return crypto.subtle.deriveKey(parameters, this.#key, { name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ])
  }
}

/** A room secret for `createSeal`: 256 random bits, as text for a link's fragment. */
export function createSecret(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

/** Random bits that never come again. */
export function nonce(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
}

/** Text that two different lists never share: what keys and signatures are bound to. */
export function bytesOf(parts: readonly (string | number | null)[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(parts))
}

/** The bytes behind base64url; undefined when it is none, or none of `length` bytes. */
export function bytesFrom(text: unknown, length?: number): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== 'string' || !/^[\w-]*$/.test(text)) return undefined
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    return length === undefined || bytes.length === length ? bytes : undefined
  } catch {
    return undefined
  }
}
