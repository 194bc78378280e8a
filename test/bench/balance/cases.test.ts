import * as assert from 'uvu/assert'
import { fill, moved, NODES, reference, withNewcomer, withoutOne } from '../../../bench/balance/cases.js'
import { CONTESTANTS, type Contestant } from '../../../bench/balance/contestants.js'
import { imbalance } from '../../../bench/balance/fleet.js'
import { suite } from '../../suite.js'

const named = (name: string): Contestant => CONTESTANTS.find((one) => one.name === name)!

suite('bench/balance/cases', (test) => {
  test('a giant room: hashing alone drowns one node, the bound holds, two choices are even', () => {
    const degree = (name: string) => imbalance(fill('giant', named(name), 1).nodes)
    assert.ok(degree('rendezvous, no loads') > 4)
    assert.ok(degree('rendezvous') < 0.27)
    assert.ok(degree('least-loaded') < 0.02)
  })

  test('the same seed gives the same outcome', () => {
    const held = () => fill('zipf', named('least-loaded'), 3).nodes.map((node) => node.held)
    assert.equal(held(), held())
  })

  test('rendezvous keeps rooms together and moves few keys; turns do neither', () => {
    const sticky = fill('uniform', named('rendezvous'), 1)
    const turns = fill('uniform', named('round-robin'), 1)
    assert.ok(sticky.apart < 0.1, `${sticky.apart}`)
    assert.ok(turns.apart > 0.9)
    assert.ok(Math.abs(moved(sticky, withNewcomer(sticky.nodes, true)) - 1 / (NODES + 1)) < 0.02)
    assert.ok(Math.abs(moved(sticky, withoutOne(sticky.nodes)) - 1 / NODES) < 0.02)
    assert.ok(moved(turns, withoutOne(turns.nodes)) > 0.9)
  })

  test('the reference case: an imbalance of a half by chance, under a fifth by load', () => {
    const median = (name: string) => {
      const degrees = Array.from({ length: 101 }, (_, seed) => reference(named(name), seed).imbalance)
      return degrees.sort((a, b) => a - b)[50]!
    }
    assert.ok(Math.abs(median('random') - 0.5) < 0.1, `${median('random')}`)
    assert.ok(median('least-loaded') < 0.2, `${median('least-loaded')}`)
    const { imbalance: degree, total } = reference(named('random'), 5)
    const work = total / (1 + degree)
    assert.ok(work > 250 && work < 350, 'the work itself is about 300, and the total time is never less')
  })
})
