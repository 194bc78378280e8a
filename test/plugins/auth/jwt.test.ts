import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createSigner } from 'fast-jwt'
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
      const refused = alg === 'ES256' ? 'E_AUTH' : undefined
      assert.is(await verdict({ publicKey: pem(other.publicKey) }, token), refused, alg)
    }
  })

  test('refuses whatever is not signed as it demands', async () => {
    const unsigned = byHand({ alg: 'none' }, CLAIMS).replace(/[^.]*$/, '')
    for (const alg of ['none', 'None', 'NONE', '', null, 7, ['HS256'], undefined]) {
      const header = { alg }
      assert.is(await withSecret(byHand(header, CLAIMS).replace(/[^.]*$/, '')), undefined, String(alg))
      assert.is(await withSecret(byHand(header, CLAIMS)), undefined, String(alg))
    }
    assert.is(await withSecret(unsigned), undefined)
    assert.is(await withSecret(byHand({ alg: 'HS256' }, CLAIMS).replace(/[^.]*$/, '')), 'E_AUTH')
    assert.is(await withSecret(byHand({ alg: 'HS256' }, CLAIMS, 'another secret')), 'E_AUTH')
    assert.is(await withSecret(await signed(CLAIMS, SECRET, 'HS512')), undefined, 'a pinned algorithm')
    // The classic: the public key, which everyone has, used as if it were a shared secret.
    const confused = byHand({ alg: 'HS256' }, CLAIMS, pem(rsa.publicKey))
    assert.is(await verdict({ publicKey: pem(rsa.publicKey) }, confused), undefined)
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
    for (const [odd, what] of [
      [{ ...right, iss: 'https://evil.example' }, 'another issuer'],
      [{ ...right, iss: ['https://id.example'] }, 'a list of issuers'],
      [{ ...right, aud: 'other' }, 'another audience'],
      [{ ...right, aud: 'signalbox2' }, 'a longer audience'],
      [CLAIMS, 'neither'],
    ] as const) {
      assert.is(await withSecret(byHand({ alg: 'HS256' }, odd), strict), undefined, what)
    }
    // Saying that it is meant for us doesn't make it good.
    assert.is(await withSecret(byHand({ alg: 'HS256' }, right, 'another secret'), strict), 'E_AUTH')
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

  test('knows tokens made by another library', async () => {
    const claims = { sub: 'alice', exp: NOW + 600, nbf: NOW - 1, signalbox: { moderate: true } }
    const privatePem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const [options, signer] of [
      [{ secret: SECRET }, createSigner({ key: SECRET, algorithm: 'HS256' })],
      [
        { secret: SECRET.repeat(2), algorithms: ['HS512'] },
        createSigner({ key: SECRET.repeat(2), algorithm: 'HS512' }),
      ],
      ...(['RS256', 'PS256'] as const).map(
        (algorithm) =>
          [
            { publicKey: pem(rsa.publicKey), algorithms: [algorithm] },
            createSigner({ key: privatePem(rsa.privateKey), algorithm }),
          ] as const,
      ),
      [
        { publicKey: pem(ec.publicKey) },
        createSigner({ key: privatePem(ec.privateKey), algorithm: 'ES256' }),
      ],
      [
        { publicKey: pem(ed.publicKey) },
        createSigner({ key: privatePem(ed.privateKey), algorithm: 'EdDSA' }),
      ],
    ] as const) {
      const principal = (await verdict(options, signer(claims))) as Principal
      assert.equal([principal.id, principal.grants], ['alice', { moderate: true }])
    }
  })

  test('several public keys in a set: the token names its own', async () => {
    const [one, two] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }))
    const jwk = (pair: typeof ec, kid: string) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid })
    const publicKey = { keys: [jwk(one!, '1'), jwk(two!, '2'), rsa.publicKey.export({ format: 'jwk' })] }
    const by = (pair: typeof ec, kid?: string) =>
      new SignJWT(CLAIMS)
        .setProtectedHeader({ alg: 'ES256', ...(kid === undefined ? {} : { kid }) })
        .sign(pair.privateKey)
    assert.is(((await verdict({ publicKey }, await by(one!, '1'))) as Principal).id, 'alice')
    assert.is(((await verdict({ publicKey }, await by(two!, '2'))) as Principal).id, 'alice')
    assert.is(await verdict({ publicKey }, await by(two!, '1')), 'E_AUTH')
    assert.is(await verdict({ publicKey }, await by(two!, '3')), 'E_AUTH')
    assert.is(await verdict({ publicKey }, await by(one!)), 'E_AUTH', 'two could be meant')
    const rs = await signed(CLAIMS, rsa.privateKey, 'RS256')
    assert.is(((await verdict({ publicKey }, rs)) as Principal).id, 'alice')
    assert.is(await verdict({ publicKey, algorithms: ['ES256'] }, rs), undefined)
    assert.match(problemOf({ publicKey: { keys: [] } }), /^publicKey: keys must be a list/)
    assert.match(
      problemOf({ publicKey: { keys: [one!.privateKey.export({ format: 'jwk' })] } }),
      /private key/,
    )
    assert.match(
      problemOf({ publicKey: { keys: [{ kty: 'oct', k: 'AAAA' }] } }),
      /^publicKey: is a private key/,
    )
  })

  test('nothing in a token leads to another key, a file or an address', async () => {
    const evil = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const asked: string[] = []
    const { fetch: original } = globalThis
    globalThis.fetch = async (input) => {
      asked.push(String(input))
      throw new Error('nobody asks')
    }
    try {
      for (const header of [
        { jwk: evil.publicKey.export({ format: 'jwk' }) },
        { jku: 'http://127.0.0.1:9/keys' },
        { x5u: 'http://127.0.0.1:9/cert' },
        { kid: '/dev/null' },
        { kid: '../../../../etc/passwd' },
        { kid: 'http://127.0.0.1:9/keys' },
        { kid: "' OR 1=1 --" },
        { kid: '__proto__' },
        { crit: ['exp'], exp: 1 },
        { b64: false, crit: ['b64'] },
      ]) {
        const token = await new SignJWT(CLAIMS)
          .setProtectedHeader({ alg: 'ES256', ...header } as never)
          .sign(evil.privateKey)
          .catch(() => byHand({ alg: 'ES256', ...header }, CLAIMS))
        assert.is(await verdict({ publicKey: pem(ec.publicKey) }, token), 'E_AUTH', JSON.stringify(header))
      }
    } finally {
      globalThis.fetch = original
    }
    assert.equal(asked, [])
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
