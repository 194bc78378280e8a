import * as assert from 'uvu/assert'
import { turnCredentials } from '../../../../plugins/policy/ice/turn-credentials.js'
import { suite } from '../../../suite.js'

suite('policy/ice/turn-credentials', (test) => {
  test('agrees with a value computed elsewhere', () => {
    // printf 1893456000:alice | openssl dgst -sha1 -hmac north -binary | base64
    assert.equal(turnCredentials('north', 'alice', 1_893_456_000_999), {
      username: '1893456000:alice',
      credential: 'MME/7rvfb/gOjpkB59+7AxlCLvk=',
    })
  })

  test('keeps the separator and line ends out of the name', () => {
    const { username } = turnCredentials('north', 'a:b\r\n ключ@x.org', 1000)
    assert.is(username, '1:a_b_______@x.org')
    assert.is(turnCredentials('north', 'x'.repeat(300), 1000).username.length, 66)
  })
})
