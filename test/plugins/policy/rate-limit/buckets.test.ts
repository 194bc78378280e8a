import * as assert from 'uvu/assert'
import { Buckets } from '../../../../plugins/policy/rate-limit/buckets.js'
import { suite } from '../../../suite.js'

/** How many takings of `tokens` pass at one moment, up to 1,000. */
function passing(buckets: Buckets, now: number, tokens = 1, subject = 0): number {
  let passed = 0
  while (passed < 1000 && buckets.take(subject, 0, tokens, now) === 0) passed++
  return passed
}

suite('policy/rate-limit: buckets', (test) => {
  test('give their burst at once, and then what comes back', () => {
    const buckets = new Buckets([{ perSecond: 10, burst: 20 }])
    assert.is(passing(buckets, 0), 20)
    assert.is(passing(buckets, 99), 0)
    assert.is(passing(buckets, 100.001), 1)
    assert.is(passing(buckets, 1100.002), 10)
    assert.is(passing(buckets, 10_000_000), 20, 'never more than the burst')
  })

  test('say when to try again, and keep the word', () => {
    for (const rate of [
      { perSecond: 10, burst: 1 },
      { perSecond: 3, burst: 7 },
      { perSecond: 2_000_000, burst: 10_000 },
      { perSecond: 0.05, burst: 3 },
    ]) {
      const buckets = new Buckets([rate])
      let now = 123_456.7
      while (buckets.take(0, 0, 1, now) === 0) now += 1e-3 / rate.perSecond
      const waitMs = buckets.take(0, 0, 1, now)
      assert.ok(waitMs > 0 && waitMs <= 1000 / rate.perSecond, `${waitMs} ms`)
      assert.is(buckets.take(0, 0, 1, now + waitMs), 0)
    }
  })

  test('over a long time they let through what the rate says, and being refused costs nothing', () => {
    const buckets = new Buckets([{ perSecond: 100, burst: 50 }])
    let passed = 0
    for (let ms = 0; ms < 60_000; ms++) if (buckets.take(0, 0, 1, ms) === 0) passed++
    assert.ok(Math.abs(passed - 6050) <= 1, `${passed}`)
  })

  test('what is dearer than a bucket passes once, and the debt is waited for', () => {
    const buckets = new Buckets([{ perSecond: 10, burst: 5 }])
    assert.is(buckets.take(0, 0, 25, 0), 0)
    assert.is(passing(buckets, 2099), 0)
    assert.is(passing(buckets, 2100), 1)
  })

  test('subjects and resources have buckets of their own, as many as there are', () => {
    const buckets = new Buckets([{ perSecond: 1, burst: 2 }, { perSecond: 1, burst: 3 }, undefined])
    for (const subject of [0, 5, 131_071]) {
      assert.is(passing(buckets, 0, 1, subject), 2)
      for (let i = 0; i < 3; i++) assert.is(buckets.take(subject, 1, 1, 0), 0)
      assert.ok(buckets.take(subject, 1, 1, 0) > 0)
      for (let i = 0; i < 100; i++) assert.is(buckets.take(subject, 2, 1e9, 0), 0, 'no limit')
    }
    buckets.reset(5)
    assert.is(passing(buckets, 0, 1, 5), 2)
    assert.is(passing(buckets, 0, 1, 0), 0)
    buckets.reset(1_000_000)
  })
})
