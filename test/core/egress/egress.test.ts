import * as assert from 'uvu/assert'
import { Egress } from '../../../core/egress/egress.js'
import { textFrame } from '../../../core/egress/text-frame.js'
import { Stats } from '../../../core/hub/stats.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import { textsOf } from '../../contract/frames.js'
import { egressLimits } from '../../egress-limits.js'
import { suite } from '../../suite.js'

const LIMIT = 1000
const OWNER = { tooSlow() {}, lost() {} }
const nextTick = () => new Promise(setImmediate)

function setUp() {
  const stats = new Stats()
  const egress = new Egress(stats, egressLimits({ queuedBytes: LIMIT }))
  const connection = new FakeConnection()
  let overflows = 0
  const tooSlow = () => {
    overflows++
    outbox.close()
  }
  const outbox = egress.open(connection, { ...OWNER, tooSlow })
  const written = () => connection.writes.map(textsOf)
  /** Appends a frame. */
  const frame = (text: string) => egress.log.append(textFrame(text))
  return { stats, egress, connection, outbox, frame, written, overflows: () => overflows }
}

suite('egress', (test) => {
  test('what one tick brings leaves in one write, in order', async () => {
    const { outbox, frame, written, stats } = setUp()
    for (const text of ['1', '2', '3']) outbox.push(frame(text))
    assert.equal(written(), [])
    await nextTick()
    assert.equal(written(), [['1', '2', '3']])
    outbox.push(frame('4'))
    await nextTick()
    assert.equal(written(), [['1', '2', '3'], ['4']])
    assert.equal([stats.deliveries, stats.writes, stats.bytesOut], [4, 2, 12])
  })

  test("a tick's acknowledgements are one frame, behind the others, and the last one counts", async () => {
    const { outbox, frame, written } = setUp()
    outbox.ack(1)
    outbox.push(frame('a'))
    outbox.ack(2)
    outbox.ack(3)
    outbox.push(frame('b'))
    await nextTick()
    assert.equal(written(), [['a', 'b', '{"type":"ack","id":3}']])
    await nextTick()
    assert.is(written().length, 1)
    outbox.ack(4)
    await nextTick()
    assert.equal(written()[1], ['{"type":"ack","id":4}'])
  })

  test('a frame for one client leaves at the end of the chunk, with what waits before it; the rest waits', async () => {
    const { egress, outbox, frame, written } = setUp()
    const other = new FakeConnection()
    const room = egress.open(other, OWNER)
    outbox.push(frame('room 1'))
    outbox.pushDirect(frame('direct 1'))
    outbox.pushDirect(frame('direct 2'))
    room.push(frame('room 1'))
    egress.endOfChunk()
    assert.equal(written(), [['room 1', 'direct 1', 'direct 2']])
    assert.is(other.writes.length, 0)
    outbox.push(frame('room 2'))
    egress.endOfChunk()
    assert.is(written().length, 1)
    outbox.pushDirect(frame('direct 3'))
    await nextTick()
    assert.equal(written()[1], ['room 2', 'direct 3'])
    assert.is(other.writes.length, 1)
    egress.endOfChunk()
    outbox.pushDirect(frame('direct 4'))
    egress.endOfChunk()
    assert.equal(written()[2], ['direct 4'])
  })

  test('an early flush writes at once, and the tick then has nothing more to do', async () => {
    const { outbox, frame, written } = setUp()
    outbox.push(frame('a'))
    outbox.flush()
    assert.equal(written(), [['a']])
    await nextTick()
    assert.is(written().length, 1)
    outbox.push(frame('b'))
    await nextTick()
    assert.equal(written(), [['a'], ['b']])
  })

  test('one frame may stand in many queues, and they write the same bytes of memory', async () => {
    const { egress, connection, outbox, frame } = setUp()
    const others = Array.from({ length: 50 }, () => new FakeConnection())
    const written = new Set<Buffer>()
    for (const one of [connection, ...others]) one.write = (frames) => written.add(frames)
    const queues = others.map((other) => egress.open(other, OWNER))
    const shared = frame('shared')
    for (const queue of [outbox, ...queues]) queue.push(shared)
    await nextTick()
    assert.equal([...written].map(textsOf), [['shared']])
  })

  test('what a flush sets off leaves in the next one, and nothing is lost', async () => {
    const { egress, outbox, frame, written } = setUp()
    const noisy = new FakeConnection()
    noisy.write = () => outbox.push(frame('echo'))
    egress.open(noisy, OWNER).push(frame('x'))
    await nextTick()
    await nextTick()
    assert.equal(written(), [['echo']])
  })

  test('a client that leaves too much unread overflows once, and gets nothing more', async () => {
    const { outbox, connection, frame, written, overflows } = setUp()
    connection.queuedBytes = LIMIT
    outbox.push(frame('still fine'))
    await nextTick()
    assert.equal([overflows(), written()], [0, [['still fine']]])
    connection.queuedBytes = LIMIT + 1
    outbox.push(frame('too much'))
    outbox.push(frame('too much'))
    assert.is(overflows(), 0)
    await nextTick()
    outbox.push(frame('later'))
    await nextTick()
    assert.equal([overflows(), written().length], [1, 1])
  })

  test('what one tick brings may be larger than the bound: only what stays unread counts', async () => {
    const { outbox, frame, written, overflows } = setUp()
    outbox.push(frame('x'.repeat(LIMIT * 3)))
    await nextTick()
    assert.equal([overflows(), written().length], [0, 1])
  })

  test('finish writes what waits, acknowledgement included, and closes', async () => {
    const { outbox, frame, written } = setUp()
    outbox.push(frame('last words'))
    outbox.ack(7)
    outbox.finish()
    assert.equal(written(), [['last words', '{"type":"ack","id":7}']])
    outbox.push(frame('after'))
    outbox.ack(8)
    outbox.flush()
    outbox.finish()
    await nextTick()
    assert.is(written().length, 1)
    assert.is(outbox.queuedBytes, 0)
  })

  test('finish gives a slow reader nothing', () => {
    const { outbox, connection, frame, written } = setUp()
    connection.queuedBytes = LIMIT + 1
    outbox.push(frame('x'))
    outbox.finish()
    assert.equal(written(), [])
  })

  test('queuedBytes is what waits here and in the socket', () => {
    const { outbox, connection, frame } = setUp()
    connection.queuedBytes = 10
    outbox.push(frame('abc'))
    assert.is(outbox.queuedBytes, 15)
    outbox.flush()
    assert.is(outbox.queuedBytes, 10)
  })

  test('says how many bytes sockets were given: a sign of life for the client', async () => {
    const { outbox, frame } = setUp()
    assert.is(outbox.writtenBytes, 0)
    outbox.push(frame('abc'))
    await nextTick()
    assert.is(outbox.writtenBytes, 5)
    await nextTick()
    assert.is(outbox.writtenBytes, 5)
  })
})
