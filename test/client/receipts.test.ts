import * as assert from 'uvu/assert'
import { Receipts } from '../../client/receipts.js'
import { suite } from '../suite.js'
import { FakeClock } from './fake-clock.js'

function receipts() {
  const clock = new FakeClock()
  const told: number[] = []
  return { clock, told, receipts: new Receipts(clock, (seen) => told.push(seen)) }
}

suite('client receipts', (test) => {
  test('a frame is told of after 250 ms, together with what came since', async () => {
    const { clock, told, receipts: one } = receipts()
    one.count()
    await clock.advance(200)
    one.count()
    await clock.advance(49)
    assert.equal(told, [])
    await clock.advance(1)
    assert.equal(told, [2])
    await clock.advance(10_000)
    assert.equal(told, [2], 'nothing new, nothing told')
    assert.is(clock.waiting, 0)
  })

  test('64 frames are told of at once', async () => {
    const { clock, told, receipts: one } = receipts()
    for (let i = 0; i < 200; i++) one.count()
    assert.equal(told, [64, 128, 192])
    await clock.advance(250)
    assert.equal(told, [64, 128, 192, 200])
  })

  test('when asked, it tells at once, and counting begins anew with a new session', async () => {
    const { clock, told, receipts: one } = receipts()
    one.count()
    one.tell()
    one.tell()
    assert.equal(told, [1, 1])
    one.count()
    one.reset()
    assert.is(one.seen, 0)
    await clock.advance(1_000)
    assert.equal(told, [1, 1])
    one.count()
    one.stop()
    assert.is(clock.waiting, 0)
  })
})
