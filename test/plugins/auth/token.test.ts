import { createHash } from 'node:crypto'
import * as assert from 'uvu/assert'
import token from '../../../plugins/auth/token.js'
import { authContract, construct, FakeClock } from '../../contract/index.js'
import { suite } from '../../suite.js'

const address = '127.0.0.1'
const KIOSK = 'kiosk-token-0123456789'
const SERVICE = 'service-token-0123456789'
const OPTIONS = {
  tokens: [
    { token: KIOSK, name: 'kiosk', grants: { rooms: ['lobby', 'team-*'], publish: false } },
    { token: SERVICE, name: 'service', expires: '2030-01-01T01:00:00+00:00' },
  ],
}

const problemOf = (options: unknown): string => {
  try {
    construct(token, options)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

suite('auth/token', (test) => {
  const harness = {
    make: () => construct(token, OPTIONS),
    accepted: [KIOSK, SERVICE].map((known) => ({ token: known, address })),
    refused: ['unknown-token-0123456789', KIOSK.slice(0, -1), `${KIOSK} `, KIOSK.toUpperCase()].map(
      (wrong) => ({
        token: wrong,
        address,
      }),
    ),
  }
  for (const { name, run } of authContract(harness)) test(name, run)

  test('gives each token its name, its grants and its end', async () => {
    const auth = construct(token, OPTIONS)
    assert.equal(await auth.authenticate({ token: KIOSK, address }), {
      id: 'kiosk',
      grants: { rooms: ['lobby', 'team-*'], publish: false },
    })
    assert.equal(await auth.authenticate({ token: SERVICE, address }), {
      id: 'service',
      grants: {},
      expiresAt: FakeClock.EPOCH + 3_600_000,
    })
  })

  test('knows a token by its hash, and the hash itself is no token', async () => {
    const hash = `sha256:${createHash('sha256').update(KIOSK).digest('hex')}`
    const auth = construct(token, { tokens: [{ hash, name: 'kiosk' }] })
    assert.equal(await auth.authenticate({ token: KIOSK, address }), { id: 'kiosk', grants: {} })
    for (const wrong of [hash, hash.slice('sha256:'.length), `${KIOSK}x`]) {
      assert.is(await auth.authenticate({ token: wrong, address }), undefined)
    }
    const both = [
      { token: KIOSK, name: 'a' },
      { hash, name: 'b' },
    ]
    assert.match(problemOf({ tokens: both }), /^tokens\[1\]: is the same token as tokens\[0\]/)
    assert.match(problemOf({ tokens: [{ name: 'a' }] }), /^tokens\[0\]: needs either token or hash$/)
    assert.match(problemOf({ tokens: [{ token: KIOSK, hash, name: 'a' }] }), /needs either token or hash$/)
    for (const odd of [hash.toUpperCase(), hash.slice(0, -1), 'md5:00', `${hash} `]) {
      assert.match(problemOf({ tokens: [{ hash: odd, name: 'a' }] }), /^options\.tokens\[0\]\.hash: /)
    }
  })

  test('passes unknown and missing tokens on', async () => {
    const auth = construct(token, OPTIONS)
    assert.is(await auth.authenticate({ token: undefined, address }), undefined)
    assert.is(await auth.authenticate({ token: 'unknown-token-0123456789', address }), undefined)
  })

  test('knows a token until the moment it expires', async () => {
    const clock = new FakeClock()
    const auth = construct(token, OPTIONS, { clock })
    clock.advance(3_599_999)
    assert.ok(await auth.authenticate({ token: SERVICE, address }))
    clock.advance(1)
    assert.is(await auth.authenticate({ token: SERVICE, address }), undefined, 'as if it had never been')
    assert.ok(await auth.authenticate({ token: KIOSK, address }), 'the other token lives on')
  })

  test('refuses options that can not be meant, without repeating a token', () => {
    assert.match(problemOf({ tokens: [{ token: 'short', name: 'a' }] }), /^options\.tokens\[0\]\.token: /)
    assert.match(problemOf({ tokens: [] }), /^options\.tokens: /)
    assert.match(
      problemOf({ tokens: [{ token: KIOSK, name: 'a', grants: { room: ['x'] } }] }),
      /grants\.room: unknown key; did you mean "rooms"\?/,
    )
    const twice = problemOf({
      tokens: [
        { token: KIOSK, name: 'a' },
        { token: KIOSK, name: 'b' },
      ],
    })
    assert.match(twice, /^tokens\[1\]: is the same token as tokens\[0\]/)
    assert.not.match(twice, KIOSK)
    for (const expires of ['soon', '2030-13-01', '2030-01-01T00:00:00']) {
      assert.match(
        problemOf({ tokens: [{ token: KIOSK, name: 'a', expires }] }),
        /^tokens\[0\]\.expires: must be/,
      )
    }
    assert.is(problemOf({ tokens: [{ token: KIOSK, name: 'a', expires: '2030-01-01' }] }), '')
  })
})
