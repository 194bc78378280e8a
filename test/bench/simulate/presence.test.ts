import * as assert from 'uvu/assert'
import { Random } from '../../../bench/random.js'
import { Presence } from '../../../bench/simulate/presence.js'
import { suite } from '../../suite.js'

/** The sums, worked out from who is where, the slow way. */
function expected(where: readonly (readonly [room: number, node: number])[]) {
  const rooms = new Map<number, Map<number, number>>()
  for (const [room, node] of where) {
    const nodes = rooms.get(room) ?? new Map<number, number>()
    nodes.set(node, (nodes.get(node) ?? 0) + 1)
    rooms.set(room, nodes)
  }
  const sums = { peers: 0, places: 0, deliveries: 0, local: 0, remotePeers: 0, remoteCopies: 0 }
  for (const nodes of rooms.values()) {
    const members = [...nodes.values()].reduce((sum, count) => sum + count, 0)
    sums.peers += members
    sums.places += nodes.size
    sums.deliveries += members * (members - 1)
    for (const count of nodes.values()) sums.local += count * (count - 1)
    if (nodes.size > 1) {
      sums.remotePeers += members
      sums.remoteCopies += members * (nodes.size - 1)
    }
  }
  return sums
}

const sumsOf = ({ peers, places, deliveries, local, remotePeers, remoteCopies }: Presence) => ({
  peers,
  places,
  deliveries,
  local,
  remotePeers,
  remoteCopies,
})

suite('bench/simulate/presence', (test) => {
  test('two of three on one node: what crosses and what stays', () => {
    const presence = new Presence(10, 4)
    presence.add(3, 7)
    presence.add(3, 7)
    presence.add(3, 9999)
    assert.is(presence.members(3), 3)
    assert.is(presence.spread(3), 2)
    assert.equal(
      [presence.at(3, 7), presence.at(3, 9999), presence.at(3, 8), presence.at(0, 7)],
      [2, 1, 0, 0],
    )
    assert.equal(sumsOf(presence), {
      peers: 3,
      places: 2,
      deliveries: 6,
      local: 2,
      remotePeers: 3,
      remoteCopies: 3,
    })
  })

  test('thousands who come and go leave the sums right, and an empty table at the end', () => {
    const random = new Random(5)
    const presence = new Presence(300, 40)
    const there: [number, number][] = []
    for (let step = 0; step < 6000; step++) {
      if (there.length > 0 && (there.length === 300 || random.next() < 0.5)) {
        const [[room, node]] = there.splice(random.below(there.length), 1) as [[number, number]]
        presence.remove(room, node)
      } else {
        const [room, node] = [random.below(40), random.below(25)] as [number, number]
        there.push([room, node])
        presence.add(room, node)
      }
      if (step % 500 === 0) assert.equal(sumsOf(presence), expected(there))
    }
    for (const [room, node] of there) presence.remove(room, node)
    assert.equal(sumsOf(presence), expected([]))
  })
})
