import * as assert from 'uvu/assert'
import type { Candidate } from '../../../core/contracts/balancer.js'
import roundRobin from '../../../plugins/balancer/round-robin.js'
import { balancerContract, construct } from '../../contract/index.js'
import { suite } from '../../suite.js'

const take = (turns: number, candidates: readonly Candidate[], balancer = construct(roundRobin)): string =>
  Array.from({ length: turns }, () => balancer.pick('', candidates)!.id).join('')

const abc = [{ id: 'a' }, { id: 'b' }, { id: 'c' }]

suite('balancer/round-robin', (test) => {
  for (const { name, run } of balancerContract({ make: () => construct(roundRobin), sticky: false })) {
    test(name, run)
  }

  test('gives everyone a turn', () => {
    assert.is(take(9, abc), 'abcabcabc')
  })

  test('gives weights their exact share of a round, spread out', () => {
    const weighted = [{ id: 'a', weight: 5 }, { id: 'b' }, { id: 'c' }]
    const round = take(7, weighted)
    assert.is([...round].sort().join(''), 'aaaaabc')
    assert.not.match(round, 'aaaa')
    assert.is(take(14, weighted), round + round)
  })

  test('is fair to several lists at once', () => {
    const balancer = construct(roundRobin)
    const counts = new Map<string, number>()
    for (let i = 0; i < 3000; i++) {
      // As the ICE policy asks: two of three, the second from what is left.
      const first = balancer.pick('', abc)!
      const second = balancer.pick(
        '',
        abc.filter((candidate) => candidate !== first),
      )!
      for (const { id } of [first, second]) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    for (const [id, count] of counts) assert.ok(Math.abs(count - 2000) <= 1, `${id}: ${count}`)
  })

  test('does not flood a candidate that comes, or comes back', () => {
    const balancer = construct(roundRobin)
    take(1000, abc.slice(0, 2), balancer)
    assert.ok(Math.abs(take(30, abc, balancer).split('c').length - 1 - 10) <= 1)
    take(1000, abc.slice(1), balancer)
    assert.ok(Math.abs(take(30, abc, balancer).split('a').length - 1 - 10) <= 1)
  })

  test('stays small while nodes come and go', () => {
    const balancer = construct(roundRobin)
    for (let i = 0; i < 20_000; i++) balancer.pick('', [{ id: `node-${i}` }, { id: 'steady' }])
    assert.is(take(4, [{ id: 'x' }, { id: 'y' }], balancer).length, 4)
  })
})
