import * as assert from 'uvu/assert'
import { readGrants } from '../../core/grants-schema.js'
import { suite } from '../suite.js'

suite('grants-schema', (test) => {
  test('grants of the right shape come back as they are', () => {
    for (const grants of [{}, { rooms: ['a', 'b-*'] }, { rooms: [], signal: false, publish: true }]) {
      assert.is(readGrants(grants), grants)
    }
  })

  test('anything else is refused whole: a misspelt key would grant what it meant to take away', () => {
    const wrong = [
      undefined,
      null,
      'all',
      [],
      { room: ['a'] },
      { rooms: 'a' },
      { rooms: [''] },
      { rooms: [1] },
    ]
    for (const value of [...wrong, { signal: 0 }, { publish: 'no' }, { publsh: false }]) {
      assert.is(readGrants(value), undefined, JSON.stringify(value))
    }
  })
})
