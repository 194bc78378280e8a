import * as assert from 'uvu/assert'
import { CAPACITY } from '../../core/engine/engine.js'
import {
  FIRST_FINAL_CLOSE_CODE,
  FIRST_HOT_KIND,
  KINDS,
  LIMITS,
  SUBPROTOCOL,
  TOKEN_PREFIX,
} from '../../core/protocol.js'
import { suite } from '../suite.js'

suite('protocol', (test) => {
  test('kinds have numbers of their own that fit the counters', () => {
    const numbers = Object.values(KINDS)
    assert.is(new Set(numbers).size, numbers.length)
    for (const number of numbers) assert.ok(Number.isInteger(number) && number >= 0 && number < 16)
  })

  test('the relayed kinds, and only they, stand from FIRST_HOT_KIND on', () => {
    const hot = Object.entries(KINDS).filter(([, number]) => number >= FIRST_HOT_KIND)
    assert.equal(
      hot.map(([name]) => name),
      ['offer', 'answer', 'candidate', 'signal', 'publish'],
    )
  })

  test('subprotocol names are tokens (RFC 7230 section 3.2.6), also with a base64url token behind', () => {
    for (const name of [SUBPROTOCOL, `${TOKEN_PREFIX}Az09-_`])
      assert.match(name, /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
  })

  test('limits agree with each other', () => {
    assert.is(LIMITS.messageBytes, 64 * 1024)
    assert.is(LIMITS.peerIdBytes * 6, 96)
    assert.ok(LIMITS.roomBytes < LIMITS.messageBytes)
    assert.ok(CAPACITY.roomsPerPeer > 0 && CAPACITY.membersPerRoom <= CAPACITY.peers)
    assert.ok(FIRST_FINAL_CLOSE_CODE > 4000 && FIRST_FINAL_CLOSE_CODE < 5000)
  })
})
