import * as assert from 'uvu/assert'
import { loadOf, meanLoad, weightOf } from '../../../core/balance/load.js'
import { suite } from '../../suite.js'

suite('core/balance/load', (test) => {
  test('a load is a number from 0, or none', () => {
    assert.is(loadOf({ id: 'a', load: 0 }), 0)
    assert.is(loadOf({ id: 'a', load: 1.5 }), 1.5)
    for (const load of [Number.NaN, -1, Number.POSITIVE_INFINITY])
      assert.is(loadOf({ id: 'a', load }), undefined)
    assert.is(loadOf({ id: 'a' }), undefined)
  })

  test('the mean is over those that report', () => {
    assert.is(meanLoad([{ id: 'a', load: 0.2 }, { id: 'b' }, { id: 'c', load: 0.6 }]), 0.4)
    assert.is(meanLoad([{ id: 'a' }]), 0)
    assert.is(meanLoad([]), 0)
  })

  test('a weight that is none counts as 1', () => {
    assert.equal(
      [2.5, undefined, 0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((weight) =>
        weightOf(weight === undefined ? { id: 'a' } : { id: 'a', weight }),
      ),
      [2.5, 1, 1, 1, 1, 1],
    )
  })
})
