import assert from 'node:assert/strict'
import type { Balancer, Candidate } from '../../core/contracts/balancer.js'
import type { Lifecycle } from '../../core/plugin.js'
import { type ContractCase, contractCase } from './contract-case.js'
import { lifecycleContract } from './lifecycle.js'

export interface BalancerHarness {
  /** A new instance, not started. */
  make(): Balancer & Lifecycle
  /** Whether it says of itself that it is sticky. */
  readonly sticky: boolean
}

const KEYS = ['', 'a', 'room', '\0', 'ключ🔑', '__proto__', 'x'.repeat(4096)]

const frozen = (...candidates: Candidate[]): readonly Candidate[] =>
  Object.freeze(candidates.map((candidate) => Object.freeze(candidate)))

const LISTS: readonly (readonly Candidate[])[] = [
  frozen({ id: 'only' }),
  frozen({ id: 'a' }, { id: 'b' }, { id: 'c' }),
  frozen({ id: 'light', weight: 1e-9 }, { id: 'heavy', weight: 1e9 }),
  frozen({ id: 'idle', load: 0 }, { id: 'busy', load: 1 }, { id: 'silent' }),
  frozen({ id: 'here', region: 'eu' }, { id: 'there', region: 'us' }),
  frozen(...Array.from({ length: 300 }, (_, i) => ({ id: `node-${i}` }))),
]

/** The contract of balancers: core/contracts/balancer.ts. */
export function balancerContract(harness: BalancerHarness): ContractCase[] {
  const started = async (defer: (cleanUp: () => unknown) => void): Promise<Balancer> => {
    const balancer = harness.make()
    defer(() => balancer.stop?.())
    await balancer.start?.()
    return balancer
  }
  const cases = [
    contractCase('picks nothing only from nothing', async (defer) => {
      const balancer = await started(defer)
      for (const key of KEYS) assert.equal(balancer.pick(key, frozen()), undefined)
    }),

    contractCase('picks one of the candidates, itself, and changes none', async (defer) => {
      const balancer = await started(defer)
      for (const candidates of LISTS) {
        for (const key of KEYS) {
          const picked = balancer.pick(key, candidates)
          assert.ok(picked && candidates.includes(picked), 'the pick is not one of the candidates')
        }
      }
    }),

    contractCase('keeps to the candidates of each call, whatever it was asked before', async (defer) => {
      const balancer = await started(defer)
      for (let round = 0; round < 50; round++) {
        const candidates = LISTS[round % LISTS.length]!
        assert.ok(candidates.includes(balancer.pick(`key-${round}`, candidates)!))
      }
    }),

    ...lifecycleContract(harness),
  ]
  return harness.sticky ? [...cases, ...stickyCases(started)] : cases
}

const nodes = (count: number): readonly Candidate[] =>
  frozen(...Array.from({ length: count }, (_, i) => ({ id: `node-${i}` })))
const manyKeys = Array.from({ length: 1000 }, (_, i) => `room-${i}`)

function stickyCases(
  started: (defer: (cleanUp: () => unknown) => void) => Promise<Balancer>,
): ContractCase[] {
  const picks = (balancer: Balancer, candidates: readonly Candidate[]): string[] =>
    manyKeys.map((key) => balancer.pick(key, candidates)!.id)
  return [
    contractCase('gives a key the same target, in whatever order the candidates stand', async (defer) => {
      const balancer = await started(defer)
      const before = picks(balancer, nodes(7))
      assert.deepEqual(picks(balancer, [...nodes(7)].reverse()), before)
      assert.deepEqual(picks(balancer, nodes(7)), before)
    }),

    contractCase('moves only the keys of a candidate that goes', async (defer) => {
      const balancer = await started(defer)
      const before = picks(balancer, nodes(7))
      const after = picks(balancer, nodes(6))
      before.forEach((id, i) => {
        if (id !== 'node-6') assert.equal(after[i], id, `${manyKeys[i]} moved needlessly`)
      })
    }),

    contractCase('moves only the keys that a new candidate takes', async (defer) => {
      const balancer = await started(defer)
      const before = picks(balancer, nodes(6))
      const after = picks(balancer, nodes(7))
      after.forEach((id, i) => {
        if (id !== 'node-6') assert.equal(id, before[i], `${manyKeys[i]} moved needlessly`)
      })
    }),
  ]
}
