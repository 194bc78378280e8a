import * as assert from 'uvu/assert'
import { textFrame } from '../../../core/egress/text-frame.js'
import { textsOf } from '../../contract/frames.js'
import { suite } from '../../suite.js'

suite('text-frame', (test) => {
  test('the three forms of the length (RFC 6455 section 5.2), at their borders', () => {
    const headers: [number, number[]][] = [
      [0, [0x81, 0]],
      [125, [0x81, 125]],
      [126, [0x81, 126, 0, 126]],
      [65_535, [0x81, 126, 0xff, 0xff]],
      [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
    ]
    for (const [length, header] of headers) {
      const frame = textFrame('x'.repeat(length))
      assert.equal([...frame.subarray(0, header.length)], header)
      assert.is(frame.length, header.length + length)
      assert.is(frame.toString('latin1', header.length), 'x'.repeat(length))
    }
  })

  test('lengths are bytes of UTF-8, not characters', () => {
    const text = 'é😀'.repeat(21) // 126 bytes, 63 UTF-16 units
    const frame = textFrame(text)
    assert.equal([...frame.subarray(0, 4)], [0x81, 126, 0, 126])
    assert.equal(textsOf(frame), [text])
  })

  test('each frame has a Buffer of its own', () => {
    const one = textFrame('same')
    const two = textFrame('same')
    one.fill(0)
    assert.equal(textsOf(two), ['same'])
  })
})
