import * as assert from 'uvu/assert'
import { UncountedFrames } from '../../../core/egress/uncounted-frames.js'
import { suite } from '../../suite.js'

suite('uncounted frames', (test) => {
  test('each is taken once, behind the number that it follows', () => {
    const frames = new UncountedFrames()
    for (const [text, after] of [
      ['a', 0],
      ['b', 2],
      ['c', 2],
      ['d', 3],
    ] as const) {
      frames.add(Buffer.from(text), after)
    }
    assert.equal([frames.count, frames.bytes], [4, 4])
    const target = Buffer.alloc(4)
    const ends: number[] = []
    let end = 0
    for (let number = 0; number <= 4; number++) {
      end = frames.take(number, target, end)
      ends.push(end)
    }
    assert.equal([ends, target.toString()], [[1, 1, 3, 4, 4], 'abcd'])
  })

  test('those that were told before a client came back are the first that it gets', () => {
    const frames = new UncountedFrames()
    frames.add(Buffer.from('a'), 7)
    frames.add(Buffer.from('b'), 9)
    frames.moveBehind(3)
    const target = Buffer.alloc(2)
    assert.is(frames.take(2, target, 0), 0)
    assert.is(frames.take(3, target, 0), 2)
    assert.is(target.toString(), 'ab')
  })
})
