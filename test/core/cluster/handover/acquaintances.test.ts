import * as assert from 'uvu/assert'
import { introducedIn, learn, unlearn } from '../../../../core/cluster/handover/acquaintances.js'
import { peerJoinedFrame, peerLeftFrame, relayedFrame } from '../../../../core/hub/control-frames.js'
import { Room } from '../../../../core/rooms/room.js'
import { RoomRules } from '../../../../core/rooms/room-rules.js'
import { makeSession } from '../../../make-session.js'
import { suite } from '../../../suite.js'

const room = (name: string) => new Room(name, 0, new RoomRules([], 100).of(name))
const ids = (known: ReadonlyMap<string, Set<string>>) =>
  [...known].map(([name, of]) => [name, [...of].sort()])

suite('acquaintances', (test) => {
  test('a session knows those who are introduced in its rooms, and not the hidden ones', () => {
    const kitchen = room('kitchen')
    kitchen.add(makeSession(1).session, 'null')
    kitchen.add(makeSession(2, { id: 'watcher', grants: { hidden: true } }).session, 'null')
    assert.equal(ids(introducedIn([kitchen])), [['kitchen', ['peer000000000001']]])
  })

  test('frames that tell who comes and goes are learnt in order, and unlearnt in reverse', () => {
    const frames = [
      peerJoinedFrame('r', { id: 'b', data: `"${'x'.repeat(70_000)}"` }),
      peerLeftFrame('r', 'a'),
      peerJoinedFrame('r', { id: 'a', data: `{"long":"${'y'.repeat(200)}"}` }),
      peerLeftFrame('r', 'b'),
      peerJoinedFrame('another', { id: 'c', data: 'null' }),
      relayedFrame('publish', 'r', 'a', '{"type":"peer-left","room":"r","peer":{"id":"a"}}'),
    ]
    const known = new Map([['r', new Set(['a', 'd'])]])
    learn(known, frames.slice(0, 2))
    assert.equal(ids(known), [['r', ['b', 'd']]])
    learn(known, frames.slice(2))
    assert.equal(ids(known), [['r', ['a', 'd']]])
    unlearn(known, frames)
    assert.equal(ids(known), [['r', ['a', 'd']]])
    unlearn(known, frames.slice(0, 1))
    assert.equal(ids(known), [['r', ['a', 'd']]])
  })
})
