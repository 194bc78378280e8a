import * as assert from 'uvu/assert'
import { Autoscale } from '../../../core/workers/autoscale.js'
import { suite } from '../../suite.js'

/** Asks each second with these loads; the seconds at which something was decided. */
function decisions(scale: Autoscale, seconds: number, loadsAt: (second: number) => number[], from = 0) {
  const made: string[] = []
  for (let second = from; second < from + seconds; second++) {
    const decision = scale.decide(loadsAt(second), second * 1000)
    if (decision) made.push(`${decision} ${second}`)
  }
  return made
}

suite('workers/autoscale', (test) => {
  test('one more when the mean load stays over 0.7 for 3 s', () => {
    assert.equal(
      decisions(new Autoscale({ min: 1, max: 4 }), 5, () => [0.71, 0.71]),
      ['up 3'],
    )
    assert.equal(
      decisions(new Autoscale({ min: 1, max: 4 }), 60, () => [0.9, 0.5]),
      [],
    )
  })

  test('a burst changes nothing: what counts is three seconds without a break', () => {
    const burst = (second: number) => (second % 4 === 3 ? [0.6, 0.6] : [1, 1])
    assert.equal(decisions(new Autoscale({ min: 1, max: 4 }), 60, burst), [])
  })

  test('one less when the others would stay under 0.5 for 30 s', () => {
    assert.equal(
      decisions(new Autoscale({ min: 1, max: 4 }), 40, () => [0.1, 0.2, 0.3]),
      ['down 30'],
    )
    assert.equal(
      decisions(new Autoscale({ min: 1, max: 4 }), 300, () => [0.5, 0.26, 0.25]),
      [],
    )
  })

  test('never below the least and never above the most', () => {
    assert.equal(
      decisions(new Autoscale({ min: 2, max: 2 }), 100, (second) => (second < 50 ? [1, 1] : [0, 0])),
      [],
    )
  })

  test('whatever the work, it settles: nothing comes and goes in turn', () => {
    for (let tenths = 0; tenths <= 60; tenths++) {
      const work = tenths / 10
      const scale = new Autoscale({ min: 1, max: 6 })
      let count = 3
      const history: number[] = []
      for (let second = 0; second < 600; second++) {
        const decision = scale.decide(Array(count).fill(Math.min(1, work / count)), second * 1000)
        count += decision === 'up' ? 1 : decision === 'down' ? -1 : 0
        history.push(count)
      }
      assert.is(new Set(history.slice(300)).size, 1, `work for ${work}: ${history.slice(300)}`)
      assert.ok(count === 6 || work / count <= 0.7, `work for ${work} ends with ${count}`)
    }
  })

  test('while nobody can tell (no loads), the time so far is forgotten', () => {
    const scale = new Autoscale({ min: 1, max: 4 })
    assert.equal(
      decisions(scale, 12, (second) => (second % 3 === 2 ? [] : [1])),
      [],
    )
  })
})
