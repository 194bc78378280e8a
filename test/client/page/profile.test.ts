import * as assert from 'uvu/assert'
import { profileOf } from '../../../client/page/profile.js'
import type { Json } from '../../../core/protocol.js'
import { suite } from '../../suite.js'

suite('call page profile', (test) => {
  test('reads what the page itself writes', () => {
    const profile = { name: 'Ada', muted: true, camera: false, screen: 'stream-1' }
    assert.equal(profileOf(profile), profile)
  })

  test('makes something sensible of whatever strangers send', () => {
    const nobody = { name: 'Somebody', muted: false, camera: false, screen: null }
    for (const data of [
      null,
      0,
      'Ada',
      [],
      {},
      { name: ' ' },
      { name: 5, muted: 'yes', screen: {} },
    ] as Json[]) {
      assert.equal(profileOf(data), nobody)
    }
    assert.is(profileOf({ name: 'x'.repeat(1_000) }).name.length, 40)
  })
})
