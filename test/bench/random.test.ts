import * as assert from 'uvu/assert'
import { Random } from '../../bench/random.js'
import { suite } from '../suite.js'

suite('bench/random', (test) => {
  test('the same seed gives the same numbers, another seed others', () => {
    const draw = (seed: number) => {
      const random = new Random(seed)
      return Array.from({ length: 5 }, () => random.next())
    }
    assert.equal(draw(7), draw(7))
    assert.is(new Set([0, 1, 2, 3, -1].flatMap(draw)).size, 25)
  })

  test('even from 0 to 1; below and exponential keep their means', () => {
    const random = new Random(1)
    const mean = (draw: () => number) => {
      let sum = 0
      for (let i = 0; i < 20_000; i++) sum += draw()
      return sum / 20_000
    }
    assert.ok(Math.abs(mean(() => random.next()) - 0.5) < 0.015)
    assert.ok(Math.abs(mean(() => random.below(11)) - 5) < 0.15)
    assert.ok(Math.abs(mean(() => random.exponential(40)) - 40) < 1.5)
  })
})
