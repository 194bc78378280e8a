import * as assert from 'uvu/assert'
import { tokenLifetimeMs } from '../../client/token-lifetime.js'
import { suite } from '../suite.js'

const NOW_S = 1_800_000_000
const jwt = (claims: unknown) =>
  ['{"alg":"HS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')
const lifetime = (claims: unknown) => tokenLifetimeMs(jwt(claims), NOW_S * 1000)

suite('client token lifetime', (test) => {
  test('what is left of it', () => {
    assert.is(lifetime({ exp: NOW_S + 60 }), 60_000)
    assert.is(lifetime({ exp: NOW_S + 60, iat: NOW_S - 40 }), 60_000)
    assert.is(lifetime({ exp: NOW_S + 60, sub: 'Zoë ÿ>?', name: '日本' }), 60_000, 'any alphabet')
  })

  test('a calendar that is wrong makes it at most a whole lifetime', () => {
    assert.is(lifetime({ exp: NOW_S + 600, iat: NOW_S + 540 }), 60_000, 'ours is behind')
    assert.is(lifetime({ exp: NOW_S - 600, iat: NOW_S - 660 }), 60_000, 'ours is ahead')
  })

  test('tokens that don’t say', () => {
    for (const claims of [{}, { exp: 'soon' }, { exp: NOW_S - 1 }, { exp: NOW_S, iat: NOW_S }, null, 7]) {
      assert.is(lifetime(claims), undefined, JSON.stringify(claims))
    }
    for (const token of ['', 'opaque', 'a.b.c', 'a.%%%.c', '..'])
      assert.is(tokenLifetimeMs(token, 0), undefined)
  })
})
