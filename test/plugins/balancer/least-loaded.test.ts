import * as assert from 'uvu/assert'
import leastLoaded from '../../../plugins/balancer/least-loaded.js'
import { balancerContract, construct, FakeClock } from '../../contract/index.js'
import { suite } from '../../suite.js'

suite('balancer/least-loaded', (test) => {
  for (const { name, run } of balancerContract({ make: () => construct(leastLoaded), sticky: false })) {
    test(name, run)
  }

  test('has its options and the clock of the server', () => {
    const clock = new FakeClock()
    const balancer = construct(leastLoaded, { halfLifeMs: 10, loadPerPick: 0 }, { clock })
    const a = { id: 'a', load: 0.4 }
    const list = [a, { id: 'b', load: 0.2 }]
    assert.is(balancer.pick('k', list)!.id, 'b')
    a.load = 0
    clock.advance(20)
    assert.is(balancer.pick('k', list)!.id, 'a')
  })

  test('levels out loads that follow its picks, reported late', () => {
    const balancer = construct(leastLoaded, {}, { clock: new FakeClock() })
    const held = new Float64Array(20)
    const list = Array.from(held, (_, i) => ({ id: `n${i}`, load: 0 }))
    for (let i = 0; i < 10_000; i++) {
      held[Number(balancer.pick(`k${i}`, list)!.id.slice(1))]!++
      if (i % 200 === 0) for (const [n, one] of list.entries()) one.load = held[n]! / 1000
    }
    assert.ok(Math.max(...held) / 500 - 1 < 0.1, [...held].join(' '))
  })
})
