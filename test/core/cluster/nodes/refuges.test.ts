import * as assert from 'uvu/assert'
import type { NodeStatus } from '../../../../core/cluster/cluster.js'
import { Refuges } from '../../../../core/cluster/nodes/refuges.js'
import type { Candidate } from '../../../../core/contracts/balancer.js'
import type { Membership } from '../../../../core/sessions/session.js'
import { makeSession } from '../../../make-session.js'
import { suite } from '../../../suite.js'

const node = (name: string, more: Partial<NodeStatus> = {}): NodeStatus => ({
  incarnation: name.padEnd(16, '_'),
  name,
  url: `wss://${name}.example`,
  load: 0,
  peers: 0,
  draining: false,
  inherited: [],
  ...more,
})
const setUp = (nodes: NodeStatus[]) => {
  const asked: { key: string; candidates: readonly Candidate[] }[] = []
  const cluster = { nodes }
  const refuges = new Refuges(cluster, {
    pick(key, candidates) {
      asked.push({ key, candidates })
      return candidates[0]
    },
  })
  return { cluster, refuges, asked }
}

suite('refuges', (test) => {
  test('the balancer picks among the nodes that take clients and have an address, by the room', () => {
    const { url: _, ...nameless } = node('a')
    const nodes = [nameless, node('b', { draining: true }), node('c', { load: 0.5, region: 'eu' }), node('d')]
    const { refuges, asked } = setUp(nodes)
    const { session } = makeSession()
    assert.is(refuges.urlFor(session), 'wss://c.example')
    session.memberships.set('kitchen', {} as Membership)
    refuges.urlFor(session)
    assert.equal(
      asked.map(({ key }) => key),
      [session.id, 'kitchen'],
    )
    assert.equal(
      asked[0]!.candidates.map(({ id, load, region }) => [id, load, region]),
      [
        ['c_______________', 0.5, 'eu'],
        ['d_______________', 0, undefined],
      ],
    )
  })

  test('for the same nodes it is given the same array, with their present load', () => {
    const { cluster, refuges, asked } = setUp([node('a'), node('b')])
    const { session } = makeSession()
    refuges.urlFor(session)
    cluster.nodes[0] = node('a', { load: 0.9 })
    refuges.urlFor(session)
    assert.is(asked[0]!.candidates, asked[1]!.candidates)
    assert.is(asked[1]!.candidates[0]!.load, 0.9)
    cluster.nodes.pop()
    refuges.urlFor(session)
    assert.is.not(asked[2]!.candidates, asked[1]!.candidates)
  })

  test('nobody to go to, and somebody without an address', () => {
    const { session } = makeSession()
    const alone = setUp([node('a', { draining: true })]).refuges
    assert.equal([alone.exist, alone.urlFor(session)], [false, undefined])
    const { url: _, ...nameless } = node('a')
    const behindOneAddress = setUp([nameless]).refuges
    assert.equal([behindOneAddress.exist, behindOneAddress.urlFor(session)], [true, undefined])
  })
})
