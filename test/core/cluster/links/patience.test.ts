import * as assert from 'uvu/assert'
import { Patience } from '../../../../core/cluster/links/patience.js'
import { suite } from '../../../suite.js'

/** How long it is until patience is over, in steps of 50 ms. */
function waits(patience: Patience, stepMs = 50): number {
  for (let ms = stepMs; ms < 60_000; ms += stepMs) if (patience.isOver(stepMs)) return ms
  return Number.POSITIVE_INFINITY
}

suite('core/cluster/patience', (test) => {
  test('begins with 300 ms and doubles, up to five seconds', () => {
    const patience = new Patience()
    assert.equal(
      Array.from({ length: 6 }, () => waits(patience)),
      [300, 600, 1200, 2400, 4800, 5000],
    )
  })

  test('learns how long confirmations take, and waits twice that besides', () => {
    const patience = new Patience()
    for (let now = 0; now < 100_000; now += 1000) {
      patience.posted(now + 1, now)
      patience.posted(now + 2, now + 500) // one is timed already
      patience.rewarded(now + 2, now + 400)
    }
    assert.is(waits(patience), 1100)
  })

  test('a batch that was posted twice tells nothing; the wait comes down by halves', () => {
    const patience = new Patience()
    for (let i = 0; i < 3; i++) waits(patience)
    patience.posted(1, 0)
    patience.repeated()
    patience.rewarded(1, 10_000)
    assert.is(waits(patience), 1200)
    patience.renew()
    assert.is(waits(patience), 300)
  })

  test('a step that took long counts for little: confirmations may be waiting to be read', () => {
    assert.is(waits(new Patience(), 5000), 15_000)
  })
})
