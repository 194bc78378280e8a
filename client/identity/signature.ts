/**
 * A signature for the DTLS fingerprints of one description (RFC 8122): the media of a call are as genuine as these are.
 * It is bound to both peers, the room and this one meeting, so it is of no use anywhere else.
 */

import type { Json } from '../../core/protocol.js'
import { base64url } from '../base64url.js'
import { bytesFrom, bytesOf } from '../seal/room-secret.js'
import type { Identity } from './identity.js'

/** What a signature is bound to, besides the fingerprints. */
export interface Occasion {
  readonly kind: string
  readonly room: string
  readonly from: string
  readonly to: string
  /** One of each of the two, the signer's first. */
  readonly nonces: readonly [string, string]
}

/** A name, its key and what that key has signed, as they travel beside a description. */
export interface Signed {
  readonly name: string
  readonly publicKey: string
  readonly signature: string
}

const VERSION = 'signalbox.identity.v1'
const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const NAME_LIMIT = 256

/** Every line that has to do with a fingerprint, in one order: whatever a browser makes of them, they are covered. */
export function fingerprintsIn(data: Json): readonly string[] | undefined {
  const sdp = (data as { sdp?: Json } | null)?.sdp
  if (typeof sdp !== 'string') return undefined
  return [...new Set(sdp.split(/[\r\n]+/).filter((line) => /fingerprint/i.test(line)))].sort()
}

export async function sign(
  identity: Identity,
  fingerprints: readonly string[],
  occasion: Occasion,
): Promise<Signed> {
  const { name, publicKey, keys } = identity
  const signature = await crypto.subtle.sign('Ed25519', keys.privateKey, text(name, fingerprints, occasion))
  return { name, publicKey, signature: base64url(new Uint8Array(signature)) }
}

/** Who has signed these fingerprints on this occasion; undefined when nobody has, or something was changed. */
export async function signerOf(
  signed: Json | undefined,
  fingerprints: readonly string[],
  occasion: Occasion,
): Promise<Pick<Signed, 'name' | 'publicKey'> | undefined> {
  const { name, publicKey, signature } = (signed ?? {}) as { name?: Json; publicKey?: Json; signature?: Json }
  const key = bytesFrom(publicKey, PUBLIC_KEY_BYTES)
  const bytes = bytesFrom(signature, SIGNATURE_BYTES)
  if (typeof name !== 'string' || name.length > NAME_LIMIT || !key || !bytes || fingerprints.length === 0)
    return undefined
  try {
    const verifier = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify'])
    const genuine = await crypto.subtle.verify('Ed25519', verifier, bytes, text(name, fingerprints, occasion))
    return genuine ? { name, publicKey: base64url(key) } : undefined
  } catch {
    return undefined
  }
}

function text(name: string, fingerprints: readonly string[], { kind, room, from, to, nonces }: Occasion) {
  return bytesOf([VERSION, kind, room, from, to, ...nonces, name, ...fingerprints])
}
