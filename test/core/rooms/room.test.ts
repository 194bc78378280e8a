import * as assert from 'uvu/assert'
import { textFrame } from '../../../core/egress/text-frame.js'
import { Room } from '../../../core/rooms/room.js'
import { RoomRules } from '../../../core/rooms/room-rules.js'
import { makeEgress, makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

const RULE = new RoomRules([], 100).of('r')

suite('room', (test) => {
  test('members stand in the order of joining, with their id and metadata', () => {
    const room = new Room('kitchen', 3, RULE)
    const { session } = makeSession(7)
    const membership = room.add(session, '{"a":1}')
    assert.equal([room.name, room.number, room.members.length], ['kitchen', 3, 1])
    assert.equal([membership.id, membership.data, membership.position], [session.id, '{"a":1}', 0])
    assert.is(membership.room, room)
  })

  test('the last member takes the place of one that leaves, as in the engine', () => {
    const room = new Room('r', 0, RULE)
    const [a, b, c, d] = [0, 1, 2, 3].map((slot) => room.add(makeSession(slot).session, 'null'))
    const slots = () => room.members.map(({ session }) => session.slot)
    const consistent = () => room.members.every((member, i) => member.position === i)
    room.remove(b!)
    assert.equal(slots(), [0, 3, 2])
    room.remove(c!)
    assert.equal(slots(), [0, 3])
    room.remove(a!)
    assert.equal(slots(), [3])
    assert.ok(consistent())
    room.remove(d!)
    assert.equal(slots(), [])
  })

  test('a broadcast reaches everyone but the one it is about, as one shared frame', () => {
    const room = new Room('r', 0, RULE)
    const egress = makeEgress()
    const made = [0, 1, 2].map((slot) => makeSession(slot, undefined, egress))
    for (const { session } of made) room.add(session, 'null')
    const frame = textFrame('{"type":"x"}')
    room.broadcast(egress.log.append(frame), made[1]!.session)
    for (const { session } of made) session.outbox.flush()
    assert.equal(
      made.map(({ connection }) => connection.writes),
      [[frame], [], [frame]],
    )
  })
})
