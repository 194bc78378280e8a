import * as assert from 'uvu/assert'
import { Abroad } from '../../../core/cluster/abroad.js'
import { excess, loserOf } from '../../../core/cluster/contest.js'
import type { RemoteMember } from '../../../core/cluster/remote-member.js'
import { Room } from '../../../core/room.js'
import { RoomRules } from '../../../core/room-rules.js'
import { makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

const twin = (stamp: number, away = false) => ({ stamp, id: `id${stamp}`, away })

suite('contest', (test) => {
  test('of two that are one principal the later goes, or the first where it is to be replaced or has no socket', () => {
    const [first, later] = [twin(1), twin(2)]
    for (const [one, other] of [
      [first, later],
      [later, first],
    ] as const) {
      assert.is(loserOf(one, other, 'reject').id, 'id2')
      assert.is(loserOf(one, other, 'replace').id, 'id1')
    }
    assert.is(loserOf(twin(1, true), later, 'reject').id, 'id1')
    assert.is(loserOf(first, twin(2, true), 'reject').id, 'id2')
  })

  test('of a room that is too full those here leave who are among the last, by stamps, of all', () => {
    const rule = new RoomRules(
      [{ match: 'r', capacity: 3, door: 'open', lobbyMs: 1, lobbySize: 1, duplicates: 'allow' }],
      9,
    )
    const room = new Room('r', 0, rule.of('r'))
    room.abroad = new Abroad()
    const here = [1, 4, 6].map((stamp, slot) => room.add(makeSession(slot).session, 'null', stamp))
    assert.equal(excess(room), [])
    for (const stamp of [2, 5]) room.abroad.add({ id: `there${stamp}`, stamp, principal: '' } as RemoteMember)
    assert.equal(
      excess(room).map(({ stamp }) => stamp),
      [6],
      '6 and 5 are too many, and 5 is not ours to remove',
    )
    room.abroad.delete('there5')
    assert.equal(
      excess(room).map(({ stamp }) => stamp),
      [6],
    )
    room.remove(here[2]!)
    assert.equal(excess(room), [])
  })
})
