import * as assert from 'uvu/assert'
import { RecordReader } from '../../../../core/cluster/wire/record-reader.js'
import { RecordWriter } from '../../../../core/cluster/wire/record-writer.js'
import { BadRecord } from '../../../../core/cluster/wire/records.js'
import { suite } from '../../../suite.js'

const ID = 'AbCdEfGhIjKlMn-_'

const written = (): Buffer =>
  new RecordWriter()
    .u8(255)
    .u16(65_534)
    .u32(2 ** 32 - 1)
    .u48(2 ** 48 - 1)
    .base64url(ID)
    .text8('kitchen 🔑')
    .text16('é'.repeat(300))
    .bytes(Buffer.from('rest')).written

function read(bytes: Buffer): unknown[] {
  const reader = new RecordReader(bytes)
  const fields = [reader.u8(), reader.u16(), reader.u32(), reader.u48(), reader.base64url(12)]
  const texts = [reader.text(reader.u8()), reader.text(reader.u16())]
  const rest = reader.bytes(4).toString()
  reader.end()
  return [...fields, ...texts, rest]
}

suite('core/cluster/record-reader', (test) => {
  test('reads what was written, in order', () => {
    assert.equal(read(written()), [
      255,
      65_534,
      2 ** 32 - 1,
      2 ** 48 - 1,
      ID,
      'kitchen 🔑',
      'é'.repeat(300),
      'rest',
    ])
  })

  test('every truncation is refused, and so is a byte too many', () => {
    const whole = Buffer.from(written())
    for (let length = 0; length < whole.length; length++) {
      assert.throws(
        () => read(whole.subarray(0, length)),
        (error: unknown) => error instanceof BadRecord,
      )
    }
    assert.throws(() => read(Buffer.concat([whole, Buffer.of(0)])), /1 bytes too many/)
  })

  test('text that is not UTF-8 is refused, and a byte order mark is text', () => {
    assert.throws(() => new RecordReader(Buffer.of(0xc3, 0x28)).text(2), /UTF-8/)
    assert.is(new RecordReader(Buffer.from('\ufeffa')).text(4), '\ufeffa')
  })

  test('says what is left, and gives it without a copy', () => {
    const bytes = Buffer.from('abcdef')
    const reader = new RecordReader(bytes)
    reader.u16()
    assert.is(reader.left, 4)
    const rest = reader.rest()
    assert.is(rest.toString(), 'cdef')
    assert.is(rest.buffer, bytes.buffer)
    assert.is(reader.left, 0)
  })
})
