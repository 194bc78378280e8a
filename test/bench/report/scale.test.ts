import * as assert from 'uvu/assert'
import { linear, logarithmic } from '../../../bench/report/scale.js'
import { suite } from '../../suite.js'

suite('bench/report/scale', (test) => {
  test('a linear scale begins at nothing and ends at a round number', () => {
    const scale = linear(870, 100, 200)
    assert.is(scale.at(0), 100)
    assert.equal(scale.ticks, [0, 500, 1000])
    assert.is(scale.at(1000), 200)
    assert.equal(linear(0, 0, 1).ticks, [0, 1])
  })

  test('a logarithmic one goes from power to power', () => {
    const scale = logarithmic(30, 4000, 0, 300)
    assert.equal(scale.ticks, [10, 100, 1000, 10_000])
    assert.is(Math.round(scale.at(100)), 100)
    assert.is(scale.at(10_000), 300)
    assert.is(logarithmic(10, 10, 0, 1).ticks.length, 2)
  })
})
