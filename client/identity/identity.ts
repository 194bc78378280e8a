/** Who signs: a name that the others know, and an Ed25519 key pair (RFC 8032) behind it. */

import { base64url } from '../base64url.js'
import { SignalboxError } from '../errors.js'

export interface Identity {
  /** As `Trust` judges it: an address, a user name. Not a secret. */
  readonly name: string
  /** What others need to know of it, base64url. */
  readonly publicKey: string
  /** The pair; a browser keeps it in IndexedDB as it is. */
  readonly keys: CryptoKeyPair
}

/** A new identity. Its private key can't be read, not even by this page: it can only be used. Throws E_SETUP. */
export async function createIdentity(name: string): Promise<Identity> {
  let keys: CryptoKeyPair
  try {
    keys = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  } catch (cause) {
    throw new SignalboxError('E_SETUP', 'there is no Ed25519 here', { cause })
  }
  return identityOf(name, keys)
}

/** The identity behind a pair that was kept. */
export async function identityOf(name: string, keys: CryptoKeyPair): Promise<Identity> {
  const publicKey = base64url(new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey)))
  return { name, publicKey, keys }
}
