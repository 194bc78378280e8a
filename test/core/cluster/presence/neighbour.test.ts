import * as assert from 'uvu/assert'
import type { Link } from '../../../../core/cluster/links/link.js'
import { Abroad } from '../../../../core/cluster/presence/abroad.js'
import { Neighbour } from '../../../../core/cluster/presence/neighbour.js'
import { PRESENCE } from '../../../../core/cluster/presence/presence-records.js'
import { Room } from '../../../../core/rooms/room.js'
import { RoomRules } from '../../../../core/rooms/room-rules.js'
import { makeSession } from '../../../make-session.js'
import { suite } from '../../../suite.js'

const setUp = (members: number, data = 'null') => {
  const room = new Room('r', 0, new RoomRules([], 20_000).of('r'))
  room.abroad = new Abroad()
  for (let slot = 0; slot < members; slot++) room.add(makeSession(slot).session, data)
  const sent: number[] = []
  const shared: string[] = []
  const link = {
    position: 0,
    confirmed: 0,
    send(type: number) {
      sent.push(type)
      this.position++
    },
  }
  return {
    room,
    sent,
    shared,
    link,
    neighbour: new Neighbour(link as unknown as Link, ({ room: { name } }) => shared.push(name)),
  }
}

suite('neighbour', (test) => {
  test('a room is told once: itself, its members, and that these were all', () => {
    const { room, sent, shared, neighbour } = setUp(2)
    neighbour.share(room)
    neighbour.share(room)
    assert.equal(shared, ['r'])
    assert.equal(sent, [PRESENCE.sync, PRESENCE.join, PRESENCE.join, PRESENCE.synced])
  })

  test('each time it goes by another number', () => {
    const { room, neighbour } = setUp(0)
    neighbour.share(room)
    const [first] = [...neighbour.shares.values()]
    neighbour.unshare(first!)
    assert.equal([room.abroad!.shares, first!.isOpen], [[], false])
    neighbour.share(room)
    const [second] = [...neighbour.shares.values()]
    assert.is.not(second!.number, first!.number)
    assert.is(second!.head.readUInt32BE(), second!.number)
  })

  test('of a large room no more is under way than a mebibyte, until that has arrived', () => {
    const { room, sent, link, neighbour } = setUp(300, `"${'x'.repeat(10_000)}"`)
    neighbour.share(room)
    const first = sent.length
    assert.ok(first > 100 && first < 110, `${first} records`)
    neighbour.introduce()
    assert.is(sent.length, first)
    link.confirmed = link.position
    neighbour.introduce()
    assert.is(sent.length, 2 * (first - 1) + 1)
    for (let i = 0; i < 3; i++) {
      link.confirmed = link.position
      neighbour.introduce()
    }
    assert.equal([sent.length, sent.at(-1)], [302, PRESENCE.synced])
  })

  test('who has left meanwhile, and a room that has, are not told', () => {
    const { room, sent, link, neighbour } = setUp(300, `"${'x'.repeat(10_000)}"`)
    neighbour.share(room)
    const first = sent.length
    for (const member of [...room.members].slice(150)) room.remove(member)
    link.confirmed = link.position
    neighbour.introduce()
    assert.is(sent.length, 152)
    assert.ok(first < 150)
    const other = setUp(300, `"${'x'.repeat(10_000)}"`)
    other.neighbour.share(other.room)
    const before = other.sent.length
    other.neighbour.unshare([...other.neighbour.shares.values()][0]!)
    other.link.confirmed = other.link.position
    other.neighbour.introduce()
    assert.is(other.sent.length, before)
  })
})
