import * as assert from 'uvu/assert'
import { CoarseClock } from '../../core/coarse-clock.js'
import { FakeClock } from '../contract/fake-clock.js'
import { suite } from '../suite.js'

suite('coarse clock', (test) => {
  test('is never more than 10 ms behind, and never goes back', () => {
    const clock = new FakeClock()
    const coarse = new CoarseClock(clock)
    let last = 0
    for (const stepMs of [0, 1, 3, 9, 10, 11, 25, 1000, 0, 7]) {
      clock.advance(stepMs)
      const behind = clock.monotonic() - coarse.now
      assert.ok(behind >= 0 && behind <= 10, `${behind} ms`)
      assert.ok(coarse.now >= last)
      last = coarse.now
    }
  })

  test('asks the real clock once in a while, not at every reading', () => {
    let readings = 0
    const clock = new FakeClock()
    const monotonic = clock.monotonic.bind(clock)
    clock.monotonic = () => {
      readings++
      return monotonic()
    }
    const coarse = new CoarseClock(clock)
    for (let i = 0; i < 1000; i++) assert.is(coarse.now, 0)
    assert.is(readings, 1)
  })

  test('leaves an idle server alone: nobody reads, no timer', () => {
    const clock = new FakeClock()
    const coarse = new CoarseClock(clock)
    assert.is(clock.pending, 0)
    assert.is(coarse.now, 0)
    clock.advance(10)
    assert.is(clock.pending, 1)
    clock.advance(10)
    assert.is(clock.pending, 0)
    clock.advance(5000)
    assert.is(coarse.now, 5020)
    assert.is(clock.pending, 1)
    coarse.stop()
    assert.is(clock.pending, 0)
  })
})
