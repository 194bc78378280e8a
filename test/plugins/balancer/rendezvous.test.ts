import * as assert from 'uvu/assert'
import type { Candidate } from '../../../core/contracts/balancer.js'
import rendezvous from '../../../plugins/balancer/rendezvous.js'
import { balancerContract, construct } from '../../contract/index.js'
import { suite } from '../../suite.js'

const KEYS = 100_000
const nodes = (count: number): Candidate[] => Array.from({ length: count }, (_, i) => ({ id: `node-${i}` }))
const balancer = construct(rendezvous)

/** How many of the keys each candidate gets. */
function shares(candidates: readonly Candidate[], keyOf: (i: number) => string): Map<string, number> {
  const counts = new Map(candidates.map(({ id }) => [id, 0]))
  for (let i = 0; i < KEYS; i++) {
    const { id } = balancer.pick(keyOf(i), candidates)!
    counts.set(id, counts.get(id)! + 1)
  }
  return counts
}

/** Pearson's statistic against shares in proportion to the weights. */
function chiSquare(candidates: readonly Candidate[], counts: Map<string, number>): number {
  const total = candidates.reduce((sum, { weight = 1 }) => sum + weight, 0)
  return candidates.reduce((sum, { id, weight = 1 }) => {
    const expected = (KEYS * weight) / total
    return sum + (counts.get(id)! - expected) ** 2 / expected
  }, 0)
}

suite('balancer/rendezvous', (test) => {
  const harness = { make: () => construct(rendezvous), sticky: true }
  for (const { name, run } of balancerContract(harness)) test(name, run)

  test('spreads keys evenly, whatever they look like', () => {
    const keyShapes: ((i: number) => string)[] = [
      (i) => `room-${i}`,
      (i) => String(i),
      (i) => `${i}`.padStart(32, '0'),
      (i) => i.toString(2),
      (i) => `https://example.org/call/${i.toString(36)}?x`,
    ]
    // 99.99 % of fair draws stay below 29.9 with 8 degrees of freedom.
    for (const keyOf of keyShapes) {
      const statistic = chiSquare(nodes(9), shares(nodes(9), keyOf))
      assert.ok(statistic < 29.9, `chi-square ${statistic.toFixed(1)} for keys like ${keyOf(7)}`)
    }
  })

  test('gives each its weight', () => {
    const weighted = [
      { id: 'a', weight: 1 },
      { id: 'b', weight: 2.5 },
      { id: 'c', weight: 0.5 },
      { id: 'd', weight: 8 },
    ]
    const statistic = chiSquare(
      weighted,
      shares(weighted, (i) => `room-${i}`),
    )
    assert.ok(statistic < 21.1, `chi-square ${statistic.toFixed(1)}, 3 degrees of freedom`) // 99.99 %
  })

  test('moves a fair share, and nothing else, when a candidate comes', () => {
    let moved = 0
    for (let i = 0; i < KEYS; i++) {
      const before = balancer.pick(`room-${i}`, nodes(9))!.id
      const after = balancer.pick(`room-${i}`, nodes(10))!.id
      if (before === after) continue
      moved++
      assert.is(after, 'node-9')
    }
    assert.ok(Math.abs(moved - KEYS / 10) < 400, `${moved} of ${KEYS} keys moved`) // over 4 sigma
  })

  test('moves keys only towards a candidate that gains weight', () => {
    const heavier = nodes(5).map((node, i) => (i === 0 ? { ...node, weight: 2 } : node))
    for (let i = 0; i < 10_000; i++) {
      const before = balancer.pick(`room-${i}`, nodes(5))!.id
      const after = balancer.pick(`room-${i}`, heavier)!.id
      if (before !== after) assert.is(after, 'node-0')
    }
  })

  test('picks the same in every process: these picks must never change', () => {
    const picks = Array.from({ length: 12 }, (_, i) => balancer.pick(`room-${i}`, nodes(4))!.id.slice(-1))
    assert.is(picks.join(''), '202221330021')
  })

  test('passes over who is full, and comes back when there is room', () => {
    const load = [0.6, 0.6, 0.6, 0.6]
    const list = nodes(4).map(({ id }, i) => ({
      id,
      get load() {
        return load[i]!
      },
    }))
    const before = balancer.pick('room-1', list)!.id
    const full = list.findIndex(({ id }) => id === before)
    load[full] = 0.9 // the mean is then 0.675, and 1.25 times that 0.84
    const meanwhile = balancer.pick('room-1', list)!.id
    assert.is.not(meanwhile, before)
    assert.is(
      balancer.pick(
        'room-1',
        [...list].filter((_, i) => i !== full),
      )!.id,
      meanwhile,
    )
    load[full] = 0.6
    assert.is(balancer.pick('room-1', list)!.id, before)
  })

  test('keeps a room together while nobody has too much to do', () => {
    const list = nodes(4).map(({ id }) => ({ id, load: id === 'node-2' ? 0.7 : 0 }))
    const idle = balancer.pick('room-1', nodes(4))!.id
    for (let i = 0; i < 100; i++) {
      assert.is(balancer.pick(`room-${i}`, list)!.id, balancer.pick(`room-${i}`, nodes(4))!.id)
    }
    assert.is(balancer.pick('room-1', list)!.id, idle)
  })

  test('no target gets much more than its bound, however the keys lie', () => {
    const load = new Float64Array(10)
    const list = nodes(10).map(({ id }, i) => ({
      id,
      get load() {
        return load[i]!
      },
    }))
    for (let i = 0; i < 8000; i++) {
      const { id } = balancer.pick(i % 3 === 0 ? `room-${i}` : 'the giant', list)!
      load[Number(id.slice(5))]! += 1 / 1000
    }
    assert.ok(Math.max(...load) <= 1.25 * 0.8 + 2 / 1000, [...load].join(' '))
  })

  test('tells the key from the id', () => {
    const scores = ['ab', 'a', ''].map(
      (key) => balancer.pick(key, [{ id: 'c' }, { id: 'bc' }, { id: 'abc' }])!.id,
    )
    assert.ok(new Set(scores).size > 1)
  })
})
