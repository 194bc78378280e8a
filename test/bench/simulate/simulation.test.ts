import * as assert from 'uvu/assert'
import { PLAN } from '../../../bench/simulate/plan.js'
import { Simulation } from '../../../bench/simulate/simulation.js'
import { STRATEGIES } from '../../../bench/simulate/strategies.js'
import type { Outcome } from '../../../bench/simulate/tally.js'
import { suite } from '../../suite.js'

const run = (name: string, nodes: number, seed = 1): Outcome => {
  const strategy = STRATEGIES.find((one) => one.name === name)!
  return new Simulation(nodes, strategy, seed).run().outcome(nodes, name)
}

suite('bench/simulate/simulation', (test) => {
  test('the same seed gives the same figures, another seed others', () => {
    const first = run('region by key', 10)
    assert.equal(run('region by key', 10), first)
    assert.is.not(run('region by key', 10, 2).events, first.events)
  })

  test('on one node nothing crosses, and a deploy keeps everybody waiting', () => {
    const alone = run('rendezvous', 1)
    assert.equal(
      [alone.apart, alone.crossing.deliveries, alone.broker.in, alone.imbalance.rest],
      [0, 0, 0, 0],
    )
    assert.is(alone.keysMoved, undefined)
    assert.ok(alone.back.deploy.worst > PLAN.drainMs / 2)
    assert.ok(alone.peersMoved.deploy > 800)
  })

  test('at rest, about so many are there as stays and absences say', () => {
    const { timeline, peers } = run('region', 10)
    const there = timeline.find(([second]) => second === 110)![2] / peers
    const share = PLAN.stayMs / (PLAN.stayMs + PLAN.awayMs)
    assert.ok(Math.abs(there - share) < 0.02, `${there}`)
  })

  test('load evens out, regions are near, keys stay together: each at the price of the others', () => {
    const even = run('least-loaded', 50)
    const near = run('region', 50)
    const sticky = run('rendezvous', 50)
    const home = run('room region', 50)
    assert.ok(even.imbalance.rest < 0.05 && sticky.imbalance.rest > 0.2)
    assert.ok(near.join.p50 < 70 && even.join.p50 > 300 && home.join.p50 < 70)
    assert.ok(sticky.crossing.calls < 0.5 && even.crossing.calls > 0.9)
    assert.ok(home.broker.in < near.broker.in / 2)
  })

  test('when a node dies its people are back within what they need to notice, and few rooms move', () => {
    const { back, keysMoved, peersMoved } = run('room region', 50)
    assert.ok(peersMoved.failure > 500, `${peersMoved.failure}`)
    assert.ok(back.failure!.p99 < PLAN.silentToMs + PLAN.connectTimeoutMs, `${back.failure!.p99}`)
    assert.ok(keysMoved!.share < 3 * keysMoved!.least, `${keysMoved!.share}`)
  })
})
