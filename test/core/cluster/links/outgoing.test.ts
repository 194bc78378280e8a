import * as assert from 'uvu/assert'
import { MAX_RECORD_BYTES, Outgoing } from '../../../../core/cluster/links/outgoing.js'
import { FRAME_SLACK } from '../../../../core/engine/engine.js'
import { suite } from '../../../suite.js'

/** Seals what waits; the message is its number and the records. */
function seal(outgoing: Outgoing): void {
  outgoing.seal((number, records) => Buffer.concat([Buffer.of(number), records]))
}

/** Posts what is due; the numbers of the batches, in order. */
function posted(outgoing: Outgoing, most = Number.POSITIVE_INFINITY): number[] {
  const numbers: number[] = []
  outgoing.pump((message) => {
    if (numbers.length >= most) return false
    numbers.push(message[0]!)
    return true
  })
  return numbers
}

function add(outgoing: Outgoing, batches: number, bytes = 1): void {
  for (let i = 0; i < batches; i++) {
    outgoing.append(1, [Buffer.alloc(bytes)])
    seal(outgoing)
  }
}

suite('core/cluster/outgoing', (test) => {
  test('records stand in a batch as they came, each behind its type and its length', () => {
    const outgoing = new Outgoing(10_000)
    outgoing.append(5, [Buffer.from('ab'), Buffer.from('c')])
    const engine = {
      frameBytes: 3,
      writeFrame: (target: Buffer, offset: number) =>
        void target.fill('x', offset, offset + 3 + FRAME_SLACK).write('abc', offset),
    }
    outgoing.appendFrame(6, Buffer.from('head'), engine)
    outgoing.append(7, [])
    let message = Buffer.alloc(0)
    outgoing.seal((_, records) => {
      message = Buffer.from(records)
      return message
    })
    assert.is(message.toString('latin1'), '\x05\0\0\0\x03abc\x06\0\0\0\x07headabc\x07\0\0\0\0')
  })

  test('a frame whose engine writes beyond its end harms nothing, wherever the buffer ends', () => {
    for (let before = 1900; before < 2100; before++) {
      const outgoing = new Outgoing(100_000)
      outgoing.append(1, [Buffer.alloc(before, 1)])
      const writeFrame = (target: Buffer, offset: number) => {
        assert.ok(offset + 10 + FRAME_SLACK <= target.length)
        target.fill(9, offset, offset + 10 + FRAME_SLACK)
      }
      outgoing.appendFrame(2, Buffer.alloc(0), { frameBytes: 10, writeFrame })
      outgoing.append(3, [Buffer.from('after')])
      outgoing.seal((_, records) => {
        assert.is(records.toString('latin1', records.length - 10), '\x03\0\0\0\x05after')
        return Buffer.from(records)
      })
    }
  })

  test('frames go straight into one place, tick for tick: nothing is made for a message', () => {
    const outgoing = new Outgoing(1_000_000)
    const places = new Set<Buffer>()
    const engine = { frameBytes: 300, writeFrame: (target: Buffer) => void places.add(target) }
    const head = Buffer.alloc(4)
    const tick = () => {
      for (let i = 0; i < 100; i++) outgoing.appendFrame(2, head, engine)
      seal(outgoing)
    }
    tick() // it has grown to what a tick needs
    places.clear()
    for (let i = 0; i < 10; i++) tick()
    assert.is(places.size, 1)
  })

  test('tells the position of the last record before and after its batch is sealed', () => {
    const outgoing = new Outgoing(10_000)
    assert.equal([outgoing.position, outgoing.confirmed], [0, 0])
    outgoing.append(1, [])
    assert.is(outgoing.position, 1)
    seal(outgoing)
    assert.is(outgoing.position, 1)
    outgoing.append(1, [])
    assert.is(outgoing.position, 2)
  })

  test('posts each batch once, confirms in one go, and forgets then', () => {
    const outgoing = new Outgoing(10_000)
    add(outgoing, 3)
    assert.equal(posted(outgoing), [1, 2, 3])
    assert.equal(posted(outgoing), [])
    assert.ok(outgoing.isAwaiting && outgoing.confirm(2))
    assert.equal([outgoing.confirmed, outgoing.bytes], [2, 7])
    assert.ok(outgoing.confirm(1), 'an old word is no news')
    assert.is(outgoing.confirmed, 2)
    assert.ok(outgoing.confirm(3))
    assert.equal([outgoing.isAwaiting, outgoing.bytes, outgoing.repeated], [false, 0, 0])
  })

  test('what was never posted cannot be confirmed', () => {
    const outgoing = new Outgoing(10_000)
    add(outgoing, 2)
    posted(outgoing, 1)
    assert.not.ok(outgoing.confirm(2))
    assert.ok(outgoing.confirm(1))
  })

  test('goes back to the oldest that is not confirmed; what is new waits its turn', () => {
    const outgoing = new Outgoing(10_000)
    add(outgoing, 3)
    posted(outgoing)
    outgoing.confirm(1)
    outgoing.rewind()
    add(outgoing, 1)
    assert.equal(posted(outgoing), [2, 3, 4])
    assert.is(outgoing.repeated, 2)
  })

  test('a word that comes after going back moves the cursor on', () => {
    const outgoing = new Outgoing(10_000)
    add(outgoing, 4)
    posted(outgoing)
    outgoing.rewind()
    outgoing.confirm(3)
    assert.equal(posted(outgoing), [4])
  })

  test('repeats a mebibyte, and more only as it is confirmed', () => {
    const outgoing = new Outgoing(10_000_000)
    add(outgoing, 40, 100_000)
    assert.is(posted(outgoing).length, 40)
    outgoing.rewind()
    assert.is(posted(outgoing).length, 11)
    outgoing.confirm(5)
    assert.equal(posted(outgoing), [12, 13, 14, 15, 16])
  })

  test('a probe is one batch: if more than that has arrived, nothing was lost', () => {
    const outgoing = new Outgoing(10_000)
    add(outgoing, 5)
    posted(outgoing)
    outgoing.probe()
    assert.equal(posted(outgoing), [1])
    add(outgoing, 1)
    assert.equal(posted(outgoing), [], 'what is new waits')
    outgoing.confirm(3)
    assert.equal(posted(outgoing), [6])
    assert.is(outgoing.repeated, 1)
  })

  test('if the probe alone has arrived, the rest is repeated, slowly at first', () => {
    const outgoing = new Outgoing(10_000_000)
    add(outgoing, 40, 50_000)
    posted(outgoing)
    outgoing.probe()
    assert.equal(posted(outgoing), [1])
    outgoing.confirm(1)
    assert.equal(posted(outgoing), [2, 3])
    outgoing.confirm(3)
    assert.equal(posted(outgoing), [4, 5, 6])
    outgoing.confirm(6)
    assert.is(posted(outgoing).length, 6)
  })

  test('a post that fails is tried again from there', () => {
    const outgoing = new Outgoing(10_000)
    add(outgoing, 3)
    assert.equal(posted(outgoing, 1), [1])
    assert.equal(posted(outgoing), [2, 3])
  })

  test('takes nothing beyond its bound, and says so', () => {
    const outgoing = new Outgoing(1000)
    for (let i = 0; i < 100; i++) outgoing.append(1, [Buffer.alloc(95)])
    assert.ok(outgoing.overflowed)
    assert.is(outgoing.bytes, 1000)
    seal(outgoing)
    posted(outgoing)
    outgoing.confirm(1)
    assert.ok(outgoing.position > outgoing.confirmed, 'what was refused is never confirmed')
  })

  test('a record has a longest length', () => {
    const outgoing = new Outgoing(10_000_000)
    outgoing.append(1, [Buffer.alloc(MAX_RECORD_BYTES)])
    assert.throws(() => outgoing.append(1, [Buffer.alloc(MAX_RECORD_BYTES), Buffer.of(1)]), /too long/)
  })

  test('memory of long queues is given back as they are confirmed', () => {
    const outgoing = new Outgoing(100_000_000)
    for (let round = 0; round < 50; round++) {
      add(outgoing, 100)
      posted(outgoing)
      outgoing.confirm(round * 100 + 50)
    }
    assert.ok(outgoing.confirm(5000))
    assert.is(outgoing.bytes, 0)
  })
})
