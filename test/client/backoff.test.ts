import * as assert from 'uvu/assert'
import { Backoff } from '../../client/backoff.js'
import { suite } from '../suite.js'
import { FakeClock } from './fake-clock.js'

suite('client backoff', (test) => {
  test('doubles up to the cap, anywhere below the bound', () => {
    const clock = new FakeClock()
    const backoff = new Backoff(clock)
    clock.dice = 0.999_999
    const waits = Array.from({ length: 8 }, () => backoff.next())
    assert.equal(waits, [249, 499, 999, 1999, 3999, 7999, 9999, 9999])
    clock.dice = 0
    assert.is(backoff.next(), 0)
    assert.is(backoff.attempt, 9)
  })

  test('forgets failures only after a connection that lasted', async () => {
    const clock = new FakeClock()
    clock.dice = 0.5
    const backoff = new Backoff(clock, { baseMs: 100, stableMs: 1_000 })
    backoff.next()
    backoff.opened()
    await clock.advance(999)
    assert.is(backoff.next(), 100)
    backoff.opened()
    await clock.advance(1_000)
    assert.is(backoff.next(), 50)
    assert.is(backoff.attempt, 1)
  })
})
