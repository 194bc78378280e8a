import assert from 'node:assert/strict'
import type { Balancer, Candidate, Hint } from '../../core/contracts/balancer.js'
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
  frozen({ id: 'here', region: 'eu' }, { id: 'there', region: 'us' }, { id: 'nowhere' }),
  frozen({ id: 'full', load: 1, region: 'eu' }, { id: 'fuller', load: 1, region: 'us' }),
  frozen({ id: 'a', load: Number.NaN }, { id: 'b', load: -1 }, { id: 'c', load: 1e308 }, { id: '__proto__' }),
  frozen(...Array.from({ length: 300 }, (_, i) => ({ id: `node-${i}` }))),
]

/** What clients say of themselves, sense and nonsense. */
const HINTS: readonly (Hint | undefined)[] = [
  undefined,
  {},
  { region: 'eu' },
  { region: '__proto__' },
  { roundTripMs: {} },
  { roundTripMs: { eu: 80, us: 10 }, region: 'eu' },
  { roundTripMs: { eu: Number.NaN, us: -1, mars: 1, constructor: 0 } },
].map((hint) => hint && Object.freeze(hint))

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
          for (const hint of HINTS) {
            const picked = balancer.pick(key, candidates, hint)
            assert.ok(picked && candidates.includes(picked), 'the pick is not one of the candidates')
          }
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

    contractCase('goes on when the loads of an array change between two calls', async (defer) => {
      const balancer = await started(defer)
      const loads = [0, 0, 0]
      const candidates = ['a', 'b', 'c'].map((id, i) => ({
        id,
        get load() {
          return loads[i]!
        },
      }))
      for (let round = 0; round < 60; round++) {
        loads[round % 3] = (round % 7) / 6
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

    contractCase('does so under load as well, and whatever was picked meanwhile', async (defer) => {
      const balancer = await started(defer)
      const loaded = frozen(
        ...nodes(7).map((node, i) => ({ ...node, load: 0.3 + i / 20, region: `r${i % 2}` })),
      )
      const before = picks(balancer, loaded)
      picks(balancer, nodes(3))
      assert.deepEqual(picks(balancer, [...loaded].reverse()), before)
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
