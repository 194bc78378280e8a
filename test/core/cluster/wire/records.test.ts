import * as assert from 'uvu/assert'
import { BadRecord, RECORDS } from '../../../../core/cluster/wire/records.js'
import { suite } from '../../../suite.js'

suite('core/cluster/records', (test) => {
  test('no type belongs to two parts', () => {
    const types = Object.values(RECORDS).flatMap(([from, to]) =>
      Array.from({ length: to - from }, (_, i) => from + i),
    )
    assert.is(new Set(types).size, types.length)
    assert.ok(Math.min(...types) > 0, 'type 0 means nothing')
    assert.ok(Math.max(...types) < 256, 'a type is one byte')
  })

  test('a bad record says what is wrong with it', () => {
    const bad = new BadRecord('a room number is missing')
    assert.instance(bad, Error)
    assert.is(bad.name, 'BadRecord')
    assert.is(bad.message, 'a room number is missing')
  })
})
