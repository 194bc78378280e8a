import * as assert from 'uvu/assert'
import region from '../../../plugins/balancer/region.js'
import { balancerContract, construct } from '../../contract/index.js'
import { suite } from '../../suite.js'

const REGIONS = ['eu', 'us', 'jp']
const load: Record<string, number> = {}
const nodes = Array.from({ length: 12 }, (_, i) => {
  const where = REGIONS[i % 3]!
  return {
    id: `node-${i}`,
    region: where,
    get load() {
      return load[where] ?? 0
    },
  }
})

/** The regions that 60 keys go to. */
const regionsOf = (hint: object, options: object = {}): string => {
  const balancer = construct(region, options)
  const seen = new Set(Array.from({ length: 60 }, (_, i) => balancer.pick(`room-${i}`, nodes, hint)!.region))
  return [...seen].sort().join(' ')
}

const loads = (given: Record<string, number>) => {
  for (const name of REGIONS) delete load[name]
  Object.assign(load, given)
}

suite('balancer/region', (test) => {
  for (const within of ['load', 'key']) {
    const harness = { make: () => construct(region, { within }), sticky: within === 'key' }
    for (const { name, run } of balancerContract(harness)) test(`${within}: ${name}`, run)
  }

  test('a client goes where it says it is', () => {
    loads({})
    assert.is(regionsOf({ region: 'us' }), 'us')
  })

  test('what was measured counts for more than what was said', () => {
    loads({})
    assert.is(regionsOf({ region: 'us', roundTripMs: { us: 90, eu: 20, jp: 200 } }), 'eu')
  })

  test('between regions that are equally near, load decides', () => {
    loads({ eu: 0.6, us: 0.2 })
    const hint = { roundTripMs: { eu: 20, us: 27, jp: 200 } }
    assert.is(regionsOf(hint), 'us')
    assert.is(regionsOf(hint, { nearMs: 5 }), 'eu')
  })

  test('a full region sends its clients to the next nearest, and to all when all are full', () => {
    const hint = { roundTripMs: { eu: 20, us: 90, jp: 200 } }
    loads({ eu: 0.95 })
    assert.is(regionsOf(hint), 'us')
    assert.is(regionsOf(hint, { fullAt: 0.99 }), 'eu')
    loads({ eu: 0.95, us: 0.95, jp: 0.95 })
    assert.is(regionsOf(hint), 'eu jp us')
    loads({ eu: 0.95, us: 0.5, jp: 0.4 })
    assert.is(regionsOf({ region: 'eu' }), 'jp')
  })

  test('a client of whom nothing is known, or nothing that helps, may go anywhere', () => {
    loads({})
    assert.is(regionsOf({}), 'eu jp us')
    assert.is(regionsOf({ region: 'mars' }), 'eu jp us')
    assert.is(regionsOf({ roundTripMs: { toString: 1 } }), 'eu jp us')
  })

  test('within "key" the members of a room who are near each other meet on one node', () => {
    loads({})
    const balancer = construct(region, { within: 'key' })
    const where = new Set(
      Array.from({ length: 20 }, () => balancer.pick('kitchen', nodes, { region: 'jp' })!.id),
    )
    assert.is(where.size, 1)
  })
})
