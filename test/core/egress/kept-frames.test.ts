import * as assert from 'uvu/assert'
import { FrameLog } from '../../../core/egress/frame-log.js'
import { KeptFrames, type ReplayBounds } from '../../../core/egress/kept-frames.js'
import { enlarged, NO_POSITIONS, setPosition } from '../../../core/egress/positions.js'
import { textFrame } from '../../../core/egress/text-frame.js'
import { suite } from '../../suite.js'

const BOUNDS = { replayFrames: 3, replayBytes: 10 }

suite('kept frames', (test) => {
  test('the oldest fall out, by number and by bytes', () => {
    const kept = new KeptFrames(BOUNDS)
    const add = (text: string) => {
      kept.add(Buffer.from(text))
      return kept.frames.join()
    }
    assert.is(add('1'), '1')
    add('2')
    assert.is(add('3'), '1,2,3')
    assert.is(add('4'), '2,3,4')
    assert.is(add('5'.repeat(9)), '4,555555555')
    assert.equal([kept.frames.length, kept.bytes], [2, 10])
    assert.is(add('6'.repeat(11)), '')
    assert.equal([kept.frames.length, kept.bytes], [0, 0])
  })

  test('cleared, it holds nothing', () => {
    const kept = new KeptFrames(BOUNDS)
    kept.add(Buffer.from('1'))
    kept.clear()
    assert.equal([kept.frames.length, kept.bytes, kept.frames], [0, 0, []])
  })

  test('those that are copied out of the log are the newest that are within the bounds and still there', () => {
    const log = new FrameLog(1)
    const ring = enlarged(NO_POSITIONS, 1, 0)
    const texts = ['1', '2', '3', '4444', '5']
    for (const [i, text] of texts.entries()) setPosition(ring, i + 1, log.append(textFrame(text)))
    const kept = (bounds: ReplayBounds, oldest = 1) =>
      KeptFrames.of(log, ring, oldest, 5, bounds).frames.map((frame) => frame.toString('latin1', 2))
    const ample = { replayFrames: 100, replayBytes: 1000 }
    assert.equal(kept(ample), texts)
    assert.equal(kept(ample, 4), ['4444', '5'])
    assert.equal(kept(ample, 6), [])
    assert.equal(kept({ ...ample, replayFrames: 3 }), ['3', '4444', '5'])
    assert.equal(kept({ ...ample, replayBytes: 11 }), ['4444', '5'])
    assert.equal(kept({ ...ample, replayBytes: 2 }), [])
    for (let i = 0; i < 2; i++) setPosition(ring, 5, log.append(textFrame('x'.repeat(700_000))))
    log.trim(log.end)
    assert.is(KeptFrames.of(log, ring, 1, 5, { replayFrames: 100, replayBytes: 1 << 24 }).frames.length, 1)
  })
})
