import * as assert from 'uvu/assert'
import { RecordWriter } from '../../../../core/cluster/wire/record-writer.js'
import { suite } from '../../../suite.js'

suite('core/cluster/record-writer', (test) => {
  test('grows, and keeps what it has', () => {
    const writer = new RecordWriter()
    for (let i = 0; i < 1000; i++) writer.u16(i)
    const { written } = writer
    assert.is(written.length, 2000)
    for (let i = 0; i < 1000; i++) assert.is(written.readUInt16BE(i * 2), i)
  })

  test('one field may be larger than all before', () => {
    const large = Buffer.alloc(100_000, 7)
    assert.equal(new RecordWriter().u8(1).bytes(large).written, Buffer.concat([Buffer.of(1), large]))
  })

  test('begins again', () => {
    assert.equal(new RecordWriter().u32(1).clear().u8(2).written, Buffer.of(2))
  })

  test('text that is too long for its length is refused', () => {
    assert.throws(() => new RecordWriter().text8('a'.repeat(256)), /out of range/)
    assert.throws(() => new RecordWriter().text16('a'.repeat(65_536)), /out of range/)
  })
})
