import * as assert from 'uvu/assert'
import { Backoff } from '../../../core/workers/backoff.js'
import { suite } from '../../suite.js'

suite('workers/backoff', (test) => {
  test('the first replacement is there within 100 ms, later ones wait up to 5 s', () => {
    const backoff = new Backoff(() => 1)
    const waits = Array.from({ length: 9 }, (_, i) => backoff.died(i, 0).waitMs)
    assert.equal(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
  })

  test('waits are drawn between a half and the whole, so that many do not come at once', () => {
    assert.is(new Backoff(() => 0).died(0, 0).waitMs, 50)
    const drawn = new Set(Array.from({ length: 20 }, () => new Backoff().died(0, 0).waitMs))
    assert.ok(drawn.size > 10)
    for (const ms of drawn) assert.ok(ms >= 50 && ms < 100, `${ms}`)
  })

  test('who has served for ten seconds was in health', () => {
    const backoff = new Backoff(() => 1)
    for (let i = 0; i < 5; i++) backoff.died(i, 9999)
    assert.is(backoff.died(5, 10_000).waitMs, 100)
  })

  test('ten deaths in a minute without success are told, and told again after ten more', () => {
    const backoff = new Backoff()
    const told = Array.from({ length: 20 }, (_, i) => backoff.died(i * 1000, 0).isHopeless)
    assert.equal(
      told.flatMap((is, i) => (is ? [i] : [])),
      [9, 19],
    )
    const slow = new Backoff()
    for (let i = 0; i < 50; i++) assert.not(slow.died(i * 7000, 0).isHopeless)
    const lucky = new Backoff()
    for (let i = 0; i < 50; i++) assert.not(lucky.died(i * 1000, i % 9 === 8 ? 10_000 : 0).isHopeless)
  })
})
