import * as assert from 'uvu/assert'
import { imbalance, makeNode, report } from '../../../bench/balance/fleet.js'
import { suite } from '../../suite.js'

suite('bench/balance/fleet', (test) => {
  test('imbalance is the maximum over the mean, minus 1, by weight', () => {
    const of = (...nodes: (readonly [held: number, weight: number])[]) =>
      imbalance(nodes.map(([held, weight]) => ({ held, weight })))
    assert.is(of([10, 1], [10, 1]), 0)
    assert.is(of([15, 1], [5, 1]), 0.5)
    assert.is(of([30, 3], [10, 1]), 0)
    assert.is(of([0, 1], [0, 1]), 0)
  })

  test('a node reports its share of its capacity, when it is told to', () => {
    const node = makeNode(0, 10, 2)
    node.held = 5
    assert.is(node.load, undefined)
    report([node])
    assert.is(node.load, 0.25)
  })
})
