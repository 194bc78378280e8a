/** The key that signatures are checked with, and the algorithms it may be used for. */

import { createPublicKey, type KeyObject } from 'node:crypto'
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { backendUrl, type Clock, type Logger } from '../../../core/api.js'
import { KeyServer } from './key-server.js'

/** Never `none`, and HS* only with a secret: a public key must not become a shared one (RFC 8725 section 3.1). */
export const ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

export type Algorithm = (typeof ALGORITHMS)[number]

export interface KeyOptions {
  readonly secret?: string
  readonly publicKey?: string | Readonly<Record<string, unknown>>
  readonly jwks?: string
  readonly algorithms?: readonly Algorithm[]
}

export interface VerificationKey {
  readonly key: Uint8Array | KeyObject | JWTVerifyGetKey
  readonly algorithms: readonly Algorithm[]
}

const MIN_SECRET_BYTES: Partial<Record<Algorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }
const MIN_RSA_BITS = 2048

/** Throws an `Error` that begins with the name of the option at fault. */
export function verificationKey(options: KeyOptions, clock: Clock, logger: Logger): VerificationKey {
  const given = (['secret', 'publicKey', 'jwks'] as const).filter((name) => options[name] !== undefined)
  if (given.length !== 1) {
    throw new Error(
      given.length === 0
        ? 'secret: is missing; give one of secret, publicKey and jwks'
        : `${given[1]}: give one of secret, publicKey and jwks, not ${given.join(' and ')}`,
    )
  }
  if (options.secret !== undefined) return fromSecret(options.secret, options.algorithms)
  if (options.jwks !== undefined) {
    return {
      key: new KeyServer(backendUrl('jwks', options.jwks), clock, logger).find,
      algorithms: jwksAlgorithms(options.algorithms),
    }
  }
  return fromPublicKey(options.publicKey!, options.algorithms)
}

function fromSecret(secret: string, wanted: readonly Algorithm[] = ['HS256']): VerificationKey {
  const key = new TextEncoder().encode(secret)
  refuseUnfit(wanted, ['HS256', 'HS384', 'HS512'], 'a secret')
  // RFC 7518 section 3.2: a key of the size of the hash or larger.
  const needed = Math.max(...wanted.map((algorithm) => MIN_SECRET_BYTES[algorithm]!))
  if (key.length < needed) {
    throw new Error(
      `secret: has ${key.length} bytes; ${wanted.join(' and ')} need ${needed} or more (try: openssl rand -base64 48)`,
    )
  }
  return { key, algorithms: wanted }
}

function fromPublicKey(
  given: NonNullable<KeyOptions['publicKey']>,
  wanted?: readonly Algorithm[],
): VerificationKey {
  if (typeof given !== 'string' && 'keys' in given) return fromKeySet(given.keys, wanted)
  const key = readPublicKey(given)
  const fitting = algorithmsOf(key)
  if (wanted) refuseUnfit(wanted, fitting, `a key of type ${key.asymmetricKeyType}`)
  // An Ed25519 signature has two names (RFC 8037, RFC 9864); of the others the first is the customary one.
  const customary = key.asymmetricKeyType === 'ed25519' ? fitting : fitting.slice(0, 1)
  return { key, algorithms: wanted ?? customary }
}

/** Several keys, told apart by the `kid` of the token: the set of a rotation that needs no server. */
function fromKeySet(keys: unknown, wanted?: readonly Algorithm[]): VerificationKey {
  if (!Array.isArray(keys) || keys.length === 0)
    throw new Error('publicKey: keys must be a list of JWK objects')
  const fitting = new Set<Algorithm>()
  for (const jwk of keys) {
    for (const algorithm of algorithmsOf(readPublicKey(jwk))) fitting.add(algorithm)
  }
  if (wanted) refuseUnfit(wanted, [...fitting], 'any of the keys')
  const known = jwksAlgorithms().filter((algorithm) => fitting.has(algorithm))
  return { key: createLocalJWKSet({ keys } as JSONWebKeySet), algorithms: wanted ?? known }
}

function readPublicKey(given: NonNullable<KeyOptions['publicKey']>): KeyObject {
  const isPrivate = typeof given === 'string' ? given.includes('PRIVATE KEY') : 'd' in given || 'k' in given
  // Node would quietly derive the public half; a server that only verifies must not hold the other.
  if (isPrivate) throw new Error('publicKey: is a private key; give its public half')
  try {
    return typeof given === 'string' ? createPublicKey(given) : createPublicKey({ key: given, format: 'jwk' })
  } catch {
    throw new Error('publicKey: is neither a PEM public key (-----BEGIN PUBLIC KEY-----) nor a JWK object')
  }
}

function algorithmsOf(key: KeyObject): readonly Algorithm[] {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  const type = key.asymmetricKeyType
  if (type?.startsWith('rsa') && modulusLength < MIN_RSA_BITS) {
    throw new Error(`publicKey: has ${modulusLength} bits; RSA keys need ${MIN_RSA_BITS} or more`)
  }
  if (type === 'rsa') return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
  if (type === 'rsa-pss') return ['PS256', 'PS384', 'PS512']
  if (type === 'ed25519') return ['EdDSA', 'Ed25519']
  if (type === 'ec' && namedCurve === 'prime256v1') return ['ES256']
  if (type === 'ec' && namedCurve === 'secp384r1') return ['ES384']
  if (type === 'ec' && namedCurve === 'secp521r1') return ['ES512']
  throw new Error(`publicKey: keys of type ${namedCurve ?? type} can't be used for tokens`)
}

function jwksAlgorithms(
  wanted: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
): readonly Algorithm[] {
  const fitting = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'))
  refuseUnfit(wanted, fitting, 'a JWKS')
  return wanted
}

function refuseUnfit(wanted: readonly Algorithm[], fitting: readonly Algorithm[], key: string): void {
  const unfit = wanted.find((algorithm) => !fitting.includes(algorithm))
  if (unfit)
    throw new Error(`algorithms: ${unfit} can't be used with ${key}; possible are ${fitting.join(', ')}`)
}
