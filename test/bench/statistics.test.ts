import * as assert from 'uvu/assert'
import { quantile, rounded, spread, summarise } from '../../bench/statistics.js'
import { suite } from '../suite.js'

suite('bench/statistics', (test) => {
  test('a summary keeps the samples in their order', () => {
    assert.equal(summarise([3, 1, 2]), { median: 2, min: 1, max: 3, samples: [3, 1, 2] })
    assert.is(summarise([1, 2, 3, 10]).median, 2.5)
    assert.is(summarise([7]).median, 7)
    assert.throws(() => summarise([]), RangeError)
  })

  test('a quantile lies between its neighbours, by proportion', () => {
    assert.is(quantile([0, 10], 0.25), 2.5)
    assert.is(quantile([1, 2, 3], 1), 3)
    assert.is(quantile([1, 2, 3], 0), 1)
  })

  test('the spread is a share of the median', () => {
    assert.is(spread(summarise([90, 100, 110])), 0.2)
    assert.is(spread(summarise([0, 0])), 0)
  })

  test('numbers claim no more than they know', () => {
    assert.is(rounded(1234567.89), 1234568)
    assert.is(rounded(12.34567), 12.35)
    assert.is(rounded(0.0123456), 0.01235)
    assert.is(rounded(0), 0)
  })
})
