import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import * as assert from 'uvu/assert'
import type { Principal } from '../../../core/contracts/auth.js'
import jwt from '../../../plugins/auth/jwt.js'
import { authContract, construct, FakeClock } from '../../contract/index.js'
import { suite } from '../../suite.js'

const address = '127.0.0.1'
const SECRET = 'a secret of at least 32 bytes, no less'
const clock = new FakeClock()
const NOW = FakeClock.EPOCH / 1000
const CLAIMS = { sub: 'alice', exp: NOW + 600, signalbox: { rooms: ['team-*'], publish: false } }

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const ed = generateKeyPairSync('ed25519')
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

const signed = (claims: JWTPayload, key: KeyObject | string = SECRET, alg = 'HS256'): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg })
    .sign(typeof key === 'string' ? new TextEncoder().encode(key) : key)

/** A token made without any JWT library. */
const byHand = (header: object, claims: object, secret = SECRET): string => {
  const body = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}

const make = (options: object = {}) => construct(jwt, { secret: SECRET, ...options }, { clock })

/** A principal, or the code of the refusal. */
const verdict = async (options: object, token: string): Promise<Principal | string | undefined> => {
  try {
    return await construct(jwt, options, { clock }).authenticate({ token, address })
  } catch (error) {
    return (error as { code: string }).code
  }
}
const withSecret = (token: string, options: object = {}) => verdict({ secret: SECRET, ...options }, token)

const problemOf = (options: object): string => {
  try {
    construct(jwt, options)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

const good = await signed(CLAIMS)

suite('auth/jwt', (test) => {
  const harness = {
    make: () => make(),
    accepted: [{ token: good, address }],
    refused: [good.slice(0, -4), `${good}AAAA`, 'not-a-jwt'].map((token) => ({ token, address })),
  }
  for (const { name, run } of authContract(harness)) test(name, run)

  test('reads the principal from a token made by hand', async () => {
    assert.equal(
      await withSecret(byHand({ alg: 'HS256', typ: 'JWT' }, CLAIMS), { clockToleranceSeconds: 0 }),
      {
        id: 'alice',
        grants: { rooms: ['team-*'], publish: false },
        expiresAt: (NOW + 600) * 1000,
      },
    )
  })

  test('accepts each kind of key with its algorithm, PEM and JWK', async () => {
    for (const [pair, alg] of [
      [rsa, 'RS256'],
      [ec, 'ES256'],
      [ed, 'EdDSA'],
    ] as const) {
      const token = await signed(CLAIMS, pair.privateKey, alg)
      for (const publicKey of [pem(pair.publicKey), pair.publicKey.export({ format: 'jwk' })]) {
        assert.is(((await verdict({ publicKey }, token)) as Principal).id, 'alice', alg)
      }
      const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      assert.is(await verdict({ publicKey: pem(other.publicKey) }, token), 'E_AUTH', alg)
    }
  })

  test('refuses whatever is not signed as it demands', async () => {
    const unsigned = byHand({ alg: 'none' }, CLAIMS).replace(/[^.]*$/, '')
    assert.is(await withSecret(unsigned), 'E_AUTH')
    assert.is(await withSecret(byHand({ alg: 'none' }, CLAIMS)), 'E_AUTH')
    assert.is(await withSecret(byHand({ alg: 'HS256' }, CLAIMS, 'another secret')), 'E_AUTH')
    assert.is(await withSecret(await signed(CLAIMS, SECRET, 'HS512')), 'E_AUTH', 'a pinned algorithm')
    // The classic: the public key, which everyone has, used as if it were a shared secret.
    const confused = byHand({ alg: 'HS256' }, CLAIMS, pem(rsa.publicKey))
    assert.is(await verdict({ publicKey: pem(rsa.publicKey) }, confused), 'E_AUTH')
    const [header, , signature] = good.split('.')
    const swapped = Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'root' })).toString('base64url')
    assert.is(await withSecret(`${header}.${swapped}.${signature}`), 'E_AUTH')
  })

  test('passes on what has not the shape of a JWT', async () => {
    for (const token of ['', 'static-token', 'a.b', 'a.b.c.d', 'a b.c.d']) {
      assert.is(await withSecret(token), undefined, token)
    }
    assert.is(await make().authenticate({ token: undefined, address }), undefined)
  })

  test('refuses what is past its time, within the tolerance', async () => {
    const at = (exp: number) => signed({ sub: 'alice', exp })
    assert.is(await withSecret(await at(NOW - 6)), 'E_AUTH')
    const tolerated = (await withSecret(await at(NOW - 4))) as Principal
    assert.is(tolerated.expiresAt, (NOW + 1) * 1000, 'what is let in is not thrown out at once')
    assert.ok(((await withSecret(await at(NOW - 6), { clockToleranceSeconds: 7 })) as Principal).id)
    assert.is(await withSecret(await signed({ sub: 'a', exp: NOW + 9, nbf: NOW + 60 })), 'E_AUTH')
  })

  test('demands sub, exp, iss and aud as configured', async () => {
    const { sub, ...nobody } = CLAIMS
    const { exp, ...forever } = CLAIMS
    assert.is(await withSecret(await signed(nobody)), 'E_AUTH')
    assert.is(await withSecret(await signed({ ...CLAIMS, sub: '' })), 'E_AUTH')
    assert.is(await withSecret(await signed({ ...CLAIMS, sub: 'x'.repeat(257) })), 'E_AUTH')
    assert.is(await withSecret(await signed(forever)), 'E_AUTH')
    const unlimited = (await withSecret(await signed(forever), { requireExpiry: false })) as Principal
    assert.is(unlimited.id, sub)
    assert.is(unlimited.expiresAt, undefined)
    const strict = { issuer: 'https://id.example', audience: 'signalbox' }
    const right = { ...CLAIMS, iss: 'https://id.example', aud: ['other', 'signalbox'], exp }
    assert.is(((await withSecret(await signed(right), strict)) as Principal).id, 'alice')
    assert.is(await withSecret(await signed({ ...right, iss: 'https://evil.example' }), strict), 'E_AUTH')
    assert.is(await withSecret(await signed({ ...right, aud: 'other' }), strict), 'E_AUTH')
    assert.is(await withSecret(good, strict), 'E_AUTH')
  })

  test('reads grants strictly: what it does not understand, it refuses', async () => {
    const grants = async (claim: unknown, options: object = {}) =>
      withSecret(await signed({ sub: 'alice', exp: NOW + 9, signalbox: claim }), options)
    for (const claim of [
      null,
      'all',
      [],
      { rooms: 'team' },
      { rooms: [1] },
      { room: ['x'] },
      { publish: 1 },
    ]) {
      assert.is(await grants(claim), 'E_AUTH', JSON.stringify(claim))
    }
    assert.equal(((await grants(undefined)) as Principal).grants, {})
    assert.is(await grants(undefined, { requireGrants: true }), 'E_AUTH')
    const elsewhere = await signed({ sub: 'alice', exp: NOW + 9, 'https://x/g': { signal: false } })
    assert.equal(((await withSecret(elsewhere, { claim: 'https://x/g' })) as Principal).grants, {
      signal: false,
    })
  })

  test('does not start with keys that can not be meant', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const privateKey = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const cases: [object, RegExp][] = [
      [{}, /^secret: is missing; give one of secret, publicKey and jwks$/],
      [{ secret: SECRET, jwks: 'https://id.example/keys' }, /^jwks: give one of .* not secret and jwks$/],
      [{ secret: 'x'.repeat(31) }, /^secret: has 31 bytes; HS256 need 32 or more/],
      [{ secret: 'x'.repeat(63), algorithms: ['HS512'] }, /^secret: has 63 bytes; HS512 need 64/],
      [{ secret: SECRET, algorithms: ['RS256'] }, /^algorithms: RS256 can't be used with a secret/],
      [{ secret: SECRET, algorithms: ['none'] }, /^options\.algorithms\[0\]: /],
      [
        { publicKey: pem(rsa.publicKey), algorithms: ['HS256'] },
        /^algorithms: HS256 can't be used with a key/,
      ],
      [{ publicKey: pem(ec.publicKey), algorithms: ['ES384'] }, /^algorithms: ES384 can't be used/],
      [{ publicKey: pem(weak.publicKey) }, /^publicKey: has 1024 bits/],
      [{ publicKey: privateKey }, /^publicKey: is a private key/],
      [{ publicKey: rsa.privateKey.export({ format: 'jwk' }) }, /^publicKey: is a private key/],
      [{ publicKey: 'hello' }, /^publicKey: is neither/],
      [{ jwks: 'http://id.example/keys' }, /^jwks: must be an https URL/],
      [{ jwks: 'http://127.0.0.1.example/keys' }, /^jwks: must be an https URL/],
      [
        { jwks: 'https://id.example/keys', algorithms: ['HS256'] },
        /^algorithms: HS256 can't be used with a JWKS/,
      ],
    ]
    for (const [options, expected] of cases) assert.match(problemOf(options), expected)
  })
})
