import * as assert from 'uvu/assert'
import { readGrants } from '../../../core/access/grants-schema.js'
import { suite } from '../../suite.js'

const ALL = { rooms: ['a'], join: true, signal: true, publish: true, moderate: true, hidden: true }

suite('grants-schema', (test) => {
  test('reads what is meant as grants', () => {
    for (const grants of [
      {},
      { rooms: [] },
      { rooms: ['lobby', 'team-*'], signal: true, publish: false },
      ALL,
    ]) {
      assert.is(readGrants(grants), grants)
    }
  })

  test('refuses everything else: a misspelt key would grant what it should take away', () => {
    for (const value of [
      undefined,
      null,
      'all',
      [],
      { room: ['lobby'] },
      { rooms: 'lobby' },
      { rooms: [''] },
      { rooms: [1] },
      { signal: 'no' },
      { publish: 0 },
      { publish: null },
      { moderate: 1 },
      { hidden: 'yes' },
      { join: ['a'] },
    ]) {
      assert.is(readGrants(value), undefined, JSON.stringify(value))
    }
  })
})
