import * as assert from 'uvu/assert'
import { FrameLog } from '../../../core/egress/frame-log.js'
import { textFrame } from '../../../core/egress/text-frame.js'
import { FRAME_SLACK } from '../../../core/engine/engine.js'
import { suite } from '../../suite.js'

const SEGMENT = 1 << 20
/** What one takes, slack included. */
const MEMORY = SEGMENT + FRAME_SLACK

const lengths = [0, 1, 125, 126, 127, 4000, 65_535, 65_536, 300_000]
const frameOf = (bytes: number, i = 0) => textFrame(String.fromCharCode(97 + (i % 26)).repeat(bytes))

/** The frame at a position, by itself. */
function read(log: FrameLog, position: number): Buffer {
  const frame = Buffer.alloc(log.lengthAt(position))
  assert.is(log.copy(position, frame, 0), frame.length)
  return frame
}

suite('frame log', (test) => {
  test('frames come back as they were, whatever their length, and positions only grow', () => {
    const log = new FrameLog(64 * SEGMENT)
    const appended = Array.from({ length: 60 }, (_, i) => {
      const frame = frameOf(lengths[i % lengths.length]!, i)
      return { frame, position: log.append(frame) }
    })
    let least = -1
    for (const { frame, position } of appended) {
      assert.ok(position > least)
      least = position
      assert.is(log.lengthAt(position), frame.length)
      assert.ok(read(log, position).equals(frame))
      assert.ok(log.view(position, position + frame.length).equals(frame))
    }
    assert.ok(log.end > least)
  })

  test('a frame seems to follow another one only if both lie in one segment', () => {
    const log = new FrameLog(64 * SEGMENT)
    const full = frameOf(4092) // with its header 4096: 256 of them would fill a segment exactly
    let end = -1
    let start = 0
    for (let i = 0; i < 2000; i++) {
      const position = log.append(full)
      if (position !== end) start = position
      end = position + full.length
      assert.is(log.view(start, end).length, end - start)
      assert.ok(end - start < SEGMENT)
    }
  })

  test('a frame longer than a segment has a place of its own, and others follow', () => {
    const log = new FrameLog(64 * SEGMENT)
    for (const bytes of [SEGMENT - 11, SEGMENT - 10, SEGMENT, 3 * SEGMENT - 10, 3 * SEGMENT + 5]) {
      const before = log.append(textFrame('before'))
      const long = frameOf(bytes)
      const position = log.append(long)
      const after = log.append(textFrame('after'))
      assert.ok(before < position && after >= position + long.length)
      assert.ok(log.view(position, position + long.length).equals(long))
      assert.is(read(log, after).toString('latin1', 2), 'after')
      assert.is(read(log, before).toString('latin1', 2), 'before')
    }
  })

  test('what is asked for again is the same view', () => {
    const log = new FrameLog(SEGMENT)
    const first = log.append(textFrame('one'))
    log.append(textFrame('two'))
    const view = log.view(first, log.end)
    assert.is(log.view(first, log.end), view)
    assert.is.not(log.view(first, first + 5), view)
    assert.is(view.toString('latin1'), '\x81\x03one\x81\x03two')
  })

  test('it keeps its newest segments; what it lets go of stays as it was for those who are slow', () => {
    let grown = 0
    const log = new FrameLog(3 * SEGMENT, () => grown++)
    const frame = frameOf(100_000)
    const first = log.append(frame)
    const written: Buffer[] = []
    const slow = { queuedBytes: 1, write: (frames: Buffer) => void written.push(frames) }
    log.write(slow, first, first + frame.length)
    const view = written[0]!
    while (log.bytes <= 3 * MEMORY) log.append(frameOf(99_000, 1))
    assert.is(grown, 1)
    log.trim(0) // somebody still waits for all of it
    assert.ok(log.has(0))
    log.trim(log.end)
    assert.is(log.bytes, 3 * MEMORY)
    assert.equal([log.has(SEGMENT - 1), log.has(SEGMENT)], [false, true])
    assert.throws(() => log.copy(first, Buffer.alloc(frame.length), 0), RangeError)
    for (let i = 0; i < 100; i++) log.append(frameOf(90_000, 2))
    log.trim(log.end)
    assert.ok(view.equals(frame))
    assert.ok(log.bytes <= 3 * MEMORY)
  })

  test('what was not lent is used again', () => {
    const log = new FrameLog(SEGMENT)
    const memory = new Set<ArrayBufferLike>()
    for (let i = 0; i < 500; i++) {
      const frame = frameOf(100_000, i)
      const position = log.append(frame)
      const view = log.view(position, position + frame.length)
      assert.ok(view.equals(frame))
      memory.add(view.buffer)
      if (i % 7 === 0) log.trim(log.end)
    }
    assert.ok(memory.size < 5, `${memory.size} segments`)
  })

  test('the frame that an engine has built is appended as a Buffer is', () => {
    const log = new FrameLog(SEGMENT)
    const frame = frameOf(300)
    const engine = {
      frameBytes: frame.length,
      writeFrame(target: Buffer, offset: number) {
        frame.copy(target, offset)
        target.fill(1, offset + frame.length, offset + frame.length + FRAME_SLACK)
      },
    }
    for (let i = 0; i < 10_000; i++) {
      const position = log.appendFrom(engine)
      assert.ok(read(log, position).equals(frame))
    }
  })

  test('an empty log holds no memory', () => {
    const log = new FrameLog(64 * SEGMENT)
    assert.equal([log.bytes, log.end], [0, 0])
    log.trim(0)
  })

  test('a copy is its own, whole, and shared by those who ask one after the other', () => {
    const log = new FrameLog(SEGMENT)
    const [first, second] = [log.append(frameOf(300, 1)), log.append(frameOf(4000, 2))]
    const copy = log.copyOf(first)
    assert.is(log.copyOf(first), copy)
    assert.equal(log.copyOf(second), frameOf(4000, 2))
    assert.equal(log.copyOf(first), frameOf(300, 1))
    assert.equal(copy, frameOf(300, 1))
    assert.is.not(copy.buffer, log.view(first, second).buffer)
  })
})
