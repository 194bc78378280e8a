import * as assert from 'uvu/assert'
import { decodeBatch, encodeBatch, endOfRecord } from '../../../../core/cluster/wire/batch.js'
import { BadRecord } from '../../../../core/cluster/wire/records.js'
import { HEADER_BYTES, Wire } from '../../../../core/cluster/wire/wire.js'
import { suite } from '../../../suite.js'

const wire = new Wire('AbCdEfGhIjKlMn-_', undefined)
const isBad = (error: unknown): boolean => error instanceof BadRecord
const pair = { mine: 1, yours: 2 ** 32 - 1 }
const records = Buffer.concat([Buffer.of(5, 0, 0, 0, 3), Buffer.from('abc'), Buffer.of(6, 0, 0, 0, 0)])
const encoded = (header = {}, content = records) =>
  encodeBatch(wire, 't', { pair, number: 2 ** 47, ack: 7, gap: true, ...header }, content).subarray(
    HEADER_BYTES,
  )

suite('core/cluster/batch', (test) => {
  test('comes back as it was', () => {
    assert.equal(decodeBatch(encoded()), { pair, number: 2 ** 47, ack: 7, gap: true, records })
    const alone = { number: 0, gap: false }
    assert.equal(decodeBatch(encoded(alone, Buffer.alloc(0))), {
      pair,
      ...alone,
      ack: 7,
      records: Buffer.alloc(0),
    })
  })

  test('its records stand one behind the other', () => {
    assert.is(endOfRecord(records, 0), 8)
    assert.is(endOfRecord(records, 8), records.length)
  })

  test('every truncation is refused, and so are bytes behind the records', () => {
    const whole = encoded()
    const isWhole = new Set([21 + 8, whole.length]) // up to the end of a record it is a shorter batch
    for (let length = 0; length < whole.length; length++) {
      if (!isWhole.has(length))
        assert.throws(() => decodeBatch(whole.subarray(0, length)), isBad, `${length}`)
    }
    assert.throws(() => decodeBatch(Buffer.concat([whole, Buffer.of(1)])), isBad)
  })

  test('what no node would send is refused whole', () => {
    assert.throws(() => decodeBatch(encoded({ pair: { mine: 0, yours: 1 } })), isBad)
    assert.throws(() => decodeBatch(encoded({ pair: { mine: 1, yours: 0 } })), isBad)
    assert.throws(() => decodeBatch(encoded({ number: 0 })), isBad)
    assert.throws(() => decodeBatch(encoded({}, Buffer.alloc(0))), isBad)
    const odd = encoded()
    odd[20] = 2
    assert.throws(() => decodeBatch(odd), isBad)
    const long = encoded()
    long.writeUInt32BE(2 ** 32 - 1, 22)
    assert.throws(() => decodeBatch(long), isBad)
  })
})
