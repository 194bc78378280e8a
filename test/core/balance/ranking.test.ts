import * as assert from 'uvu/assert'
import { Ranking } from '../../../core/balance/ranking.js'
import { suite } from '../../suite.js'

const BOUND = { timesMean: 1.25, neverFullBelow: 0.1 }

suite('core/balance/ranking', (test) => {
  test('weights that are all alike are none', () => {
    const ranking = new Ranking(BOUND)
    const plain = Array.from({ length: 9 }, (_, i) => ({ id: `n${i}` }))
    const heavy = plain.map(({ id }) => ({ id, weight: 7 }))
    for (let i = 0; i < 500; i++)
      assert.is(ranking.pick(`k${i}`, heavy)!.id, ranking.pick(`k${i}`, plain)!.id)
  })

  test('who reports no load is never full, and counts in no mean', () => {
    const ranking = new Ranking(BOUND)
    const quiet = { id: 'quiet' }
    const rest = [
      { id: 'a', load: 0.9 },
      { id: 'b', load: 0.1 },
    ]
    for (let i = 0; i < 200; i++) assert.is.not(ranking.pick(`k${i}`, [...rest, quiet])!.id, 'a')
    assert.ok(Array.from({ length: 200 }, (_, i) => ranking.pick(`k${i}`, [...rest, quiet])).includes(quiet))
  })

  test('an array that grew is looked at again', () => {
    const ranking = new Ranking(BOUND)
    const list = [{ id: 'a' }]
    ranking.pick('k', list)
    list.push({ id: 'b' })
    const picked = new Set(Array.from({ length: 50 }, (_, i) => ranking.pick(`k${i}`, list)!.id))
    assert.equal([...picked].sort(), ['a', 'b'])
  })
})
