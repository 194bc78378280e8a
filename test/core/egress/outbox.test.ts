import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { Egress, type EgressLimits } from '../../../core/egress/egress.js'
import type { Outbox } from '../../../core/egress/outbox.js'
import { textFrame } from '../../../core/egress/text-frame.js'
import { Stats } from '../../../core/hub/stats.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import { textsOf } from '../../contract/frames.js'
import { egressLimits } from '../../egress-limits.js'
import { suite } from '../../suite.js'
import { anyStep, play } from './outbox-model.js'

const SEGMENT = 1 << 20
const nextTick = () => new Promise(setImmediate)

function setUp(limits: Partial<EgressLimits> = {}) {
  const stats = new Stats()
  const egress = new Egress(stats, egressLimits(limits))
  const connection = new FakeConnection()
  const told: string[] = []
  const owner = { tooSlow: () => told.push('tooSlow'), lost: () => told.push('lost') }
  const outbox = egress.open(connection, owner)
  const push = (text: string, into = outbox) => into.push(egress.log.append(textFrame(text)))
  return { stats, egress, connection, outbox, owner, push, told }
}

const textsAt = (connection: FakeConnection) => connection.writes.flatMap(textsOf)

/** A socket in place of the one that was lost; undefined when the outbox refuses. */
function comeBack(outbox: Outbox, seen: number): FakeConnection | undefined {
  const connection = new FakeConnection()
  return outbox.attach(connection, seen) ? connection : undefined
}

suite('outbox', (test) => {
  test('counted frames are numbered, uncounted ones keep their place and have no number', () => {
    const { outbox, connection, push } = setUp()
    outbox.tell(textFrame('welcome'))
    push('1')
    outbox.tell(textFrame('error'))
    push('2')
    outbox.ack(9)
    push('3')
    outbox.flush()
    assert.equal(textsAt(connection), ['welcome', '1', 'error', '2', '3', '{"type":"ack","id":9}'])
    assert.is(outbox.sent, 3)
    assert.is(connection.writes.length, 1)
  })

  test('frames that lie one behind the other in the log leave as a view of it', () => {
    const { outbox, egress, connection, push } = setUp()
    const other = egress.open(new FakeConnection(), { tooSlow() {}, lost() {} })
    const memory: ArrayBufferLike[] = []
    const write = connection.write.bind(connection)
    connection.write = (frames) => {
      memory.push(frames.buffer)
      write(frames)
    }
    push('1')
    push('2')
    outbox.flush()
    assert.is(memory[0], egress.log.view(0, 3).buffer)
    push('3')
    push('not for us', other)
    push('4')
    outbox.flush()
    assert.equal(textsAt(connection), ['1', '2', '3', '4'])
    assert.is.not(memory[1], memory[0])
  })

  test('a client that is behind is given bytes of its own, so that it holds no segment', () => {
    const { outbox, connection, push } = setUp()
    connection.queuedBytes = 10
    let bytes = 0
    connection.write = ({ buffer }) => {
      bytes = buffer.byteLength
    }
    push('1')
    outbox.flush()
    assert.is(bytes, 3)
  })

  test('a client comes back, and gets what it lacks, once and in order', () => {
    const { outbox, connection, push } = setUp()
    for (const text of ['1', '2', '3']) push(text)
    outbox.flush()
    push('4')
    outbox.detach()
    push('5')
    assert.equal(textsAt(connection), ['1', '2', '3'])
    outbox.tell(textFrame('welcome'))
    const back = comeBack(outbox, 2)!
    push('6')
    outbox.flush()
    assert.equal(textsAt(back), ['welcome', '3', '4', '5', '6'])
    assert.is(outbox.sent, 6)
    outbox.detach()
    const again = comeBack(outbox, 6)!
    outbox.flush()
    assert.equal(textsAt(again), [])
  })

  test('it is taken over by another socket while it still has one', () => {
    const { outbox, connection, push } = setUp()
    for (const text of ['1', '2']) push(text)
    outbox.flush()
    push('3')
    const back = comeBack(outbox, 1)!
    outbox.flush()
    assert.equal(
      [textsAt(connection), textsAt(back)],
      [
        ['1', '2'],
        ['2', '3'],
      ],
    )
  })

  test('what is acknowledged is let go of; what cannot be true changes nothing', () => {
    const { outbox, push } = setUp()
    assert.ok(outbox.acknowledge(0))
    for (const text of ['1', '2', '3']) push(text)
    assert.not(outbox.acknowledge(1), 'not written yet')
    outbox.flush()
    assert.ok(outbox.acknowledge(2))
    assert.ok(outbox.acknowledge(2))
    for (const seen of [1, 4, -1, 2 ** 53 + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.not(outbox.acknowledge(seen), String(seen))
    }
    outbox.detach()
    assert.is(outbox.keptBytes, 3)
    for (const seen of [1, 4, -1, 2 ** 53 + 1, Number.NaN]) assert.not(comeBack(outbox, seen), String(seen))
    const back = comeBack(outbox, 2)!
    outbox.flush()
    assert.equal(textsAt(back), ['3'])
  })

  test('with a socket, the oldest frames fall out silently, and matter only to who comes back without them', async () => {
    for (const limits of [{ replayFrames: 3 }, { replayBytes: 10 }]) {
      const { outbox, push, told } = setUp(limits)
      for (let i = 0; i < 2000; i++) {
        push(String(i % 10))
        if (i % 700 === 0) outbox.flush()
      }
      outbox.flush()
      outbox.detach()
      await nextTick()
      assert.equal([outbox.keptBytes, told], [9, []])
      assert.not(comeBack(outbox, 1996))
      const back = comeBack(outbox, 1997)!
      outbox.flush()
      assert.equal(textsAt(back), ['7', '8', '9'])
    }
  })

  test('without a socket, it is told once and later when a frame falls out that was never written', async () => {
    const { outbox, push, told } = setUp({ replayFrames: 3 })
    push('1')
    outbox.flush()
    outbox.detach()
    for (const text of ['2', '3', '4']) push(text)
    await nextTick()
    assert.equal(told, [], 'the first one was written, and may have arrived')
    push('5')
    push('6')
    assert.equal(told, [], 'not while frames are being queued')
    await nextTick()
    push('7')
    await nextTick()
    assert.equal(told, ['lost'])
    assert.is(outbox.keptBytes, 0)
    assert.not(comeBack(outbox, 1))
  })

  test('what the log has let go of is not kept, and a client that lacks it cannot come back', async () => {
    const { outbox, egress, push } = setUp({ replayLogBytes: SEGMENT })
    push('early')
    outbox.flush()
    for (let i = 0; i < 3; i++) egress.log.append(textFrame('x'.repeat(SEGMENT / 2)))
    await nextTick()
    push('late')
    outbox.flush()
    assert.not(comeBack(outbox, 0))
    outbox.detach()
    assert.is(outbox.keptBytes, 6)
    assert.not(comeBack(outbox, 0))
    assert.ok(comeBack(outbox, 1))
  })

  test('the log keeps what waits for the end of the tick, however much a tick brings', async () => {
    const { egress, connection, push } = setUp({ replayLogBytes: SEGMENT })
    push('first')
    for (let i = 0; i < 5; i++) push(String(i).repeat(SEGMENT / 2))
    await nextTick()
    assert.equal(
      textsAt(connection).map(({ length }) => length),
      [5, ...Array(5).fill(SEGMENT / 2)],
    )
    await nextTick()
    assert.ok(egress.log.bytes < 2 * SEGMENT)
  })

  test('so many frames in a tick that the ring is full: some leave earlier, none is lost', async () => {
    const { outbox, connection, push } = setUp({ replayFrames: 2 })
    const texts = Array.from({ length: 5000 }, (_, i) => String(i))
    for (const text of texts) push(text)
    await nextTick()
    assert.equal(textsAt(connection), texts)
    assert.is(outbox.queuedBytes, 0)
  })

  test('a slow reader whose owner does nothing about it is detached', async () => {
    const { outbox, connection, push, told } = setUp({ queuedBytes: 1000 })
    connection.queuedBytes = 1001
    push('1')
    await nextTick()
    assert.equal([told, connection.writes.length, outbox.keptBytes], [['tooSlow'], 0, 3])
    const back = comeBack(outbox, 0)!
    await nextTick()
    assert.equal(textsAt(back), ['1'])
  })

  test('what a slow socket holds and what is kept besides are within the bound together', async () => {
    const { outbox, connection, push } = setUp({ queuedBytes: 1000, replayBytes: 1010 })
    for (const text of ['1', '2', '3', '4', '5']) push(text)
    outbox.flush()
    connection.queuedBytes = 1001
    push('6')
    await nextTick()
    assert.is(outbox.keptBytes, 9)
    assert.not(outbox.covers(2))
    assert.ok(outbox.covers(3))
  })

  test('what one process saves, another one takes up', () => {
    const { outbox, push } = setUp()
    for (const text of ['1', '2', '3']) push(text)
    outbox.flush()
    outbox.acknowledge(1)
    push('4')
    outbox.detach()
    const { egress, owner } = setUp()
    const restored = egress.restore(owner)
    restored.precede(outbox.save())
    assert.equal([restored.sent, restored.keptBytes], [4, 9])
    assert.not(comeBack(restored, 0))
    assert.not(comeBack(restored, 4), 'it was never written')
    const back = comeBack(restored, 2)!
    restored.flush()
    assert.equal(textsAt(back), ['3', '4'])
  })

  test('a socket may answer before its write returns', async () => {
    const { outbox, connection, push } = setUp()
    const given: string[] = []
    let answers = 0
    connection.write = (frames) => {
      given.push(...textsOf(frames))
      if (answers++ < 2) push(`answer ${answers}`)
      if (answers === 2) outbox.tell(textFrame('told'))
    }
    push('1')
    for (let i = 0; i < 4; i++) await nextTick()
    assert.equal(given, ['1', 'answer 1', 'answer 2', 'told'])
  })

  test('closed, it holds nothing and takes nothing', async () => {
    for (const detached of [false, true]) {
      const { outbox, connection, push } = setUp()
      push('1')
      if (detached) outbox.detach()
      outbox.close()
      push('2')
      outbox.tell(textFrame('3'))
      outbox.ack(1)
      outbox.detach()
      assert.not(comeBack(outbox, 0))
      await nextTick()
      assert.equal([connection.writes.length, outbox.queuedBytes, outbox.keptBytes], [0, 0, 0])
    }
  })
})

suite('outbox, whatever happens', (test) => {
  test('in order, no gap, no duplicate, within the bounds, and memory is given back', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anyStep, { maxLength: 200, size: 'max' }), play), {
      numRuns: 400,
    })
  }, 60_000)
})
