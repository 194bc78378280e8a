import * as assert from 'uvu/assert'
import { Bystander } from '../../../../core/cluster/handover/bystander.js'
import { HANDOVER, readPassage } from '../../../../core/cluster/handover/handover-records.js'
import { Switches } from '../../../../core/cluster/handover/switches.js'
import type { Presence } from '../../../../core/cluster/presence/presence.js'
import { BadRecord } from '../../../../core/cluster/wire/records.js'
import type { RoomTable } from '../../../../core/rooms/room-table.js'
import { FakeClock } from '../../../contract/fake-clock.js'
import { suite } from '../../../suite.js'
import { RecordedLink } from '../recorded-link.js'

const passage = { owner: 'o'.repeat(16), move: 7, id: 'p'.repeat(16), rooms: ['gone meanwhile'] }

/** A node that has none of the rooms any more: what it answers is all there is to see. */
function setUp() {
  const [from, to] = [new RecordedLink('from'), new RecordedLink('to')]
  const switches = new Switches(new FakeClock())
  const bystander = new Bystander({
    cluster: {
      incarnation: 'me'.padEnd(16, '_'),
      link: (incarnation) => (incarnation === to.node.incarnation ? to : undefined),
    },
    presence: { share: () => assert.unreachable(), gone: () => assert.unreachable() } as unknown as Presence,
    table: { find: () => undefined } as unknown as RoomTable,
    switches,
  })
  return { from, to, switches, bystander, meant: { passage, to: to.node.incarnation } }
}

suite('bystander', (test) => {
  test('answers on both links, once the new node can be reached', (defer) => {
    const { from, to, switches, bystander, meant } = setUp()
    defer(() => switches.stop())
    to.isUp = false
    bystander.moving(from, meant)
    assert.equal([from.sent, to.sent], [[], []])
    to.isUp = true
    switches.attempt()
    for (const { sent } of [from, to]) {
      assert.equal(
        sent.map(({ type, body }) => [type, readPassage(body)]),
        [[HANDOVER.switched, passage]],
      )
    }
    switches.attempt()
    assert.is(to.sent.length, 1)
  })

  test('a move that was called off, or is over, is answered no more', (defer) => {
    const { from, to, switches, bystander, meant } = setUp()
    defer(() => switches.stop())
    to.isUp = false
    bystander.moving(from, meant)
    bystander.stays(from, passage)
    to.isUp = true
    switches.attempt()
    assert.equal([from.sent, to.sent], [[], []])
    bystander.gone(from, passage)
  })

  test('nobody moves to where it comes from, or here', () => {
    const { from, bystander } = setUp()
    for (const to of ['me'.padEnd(16, '_'), from.node.incarnation]) {
      assert.throws(
        () => bystander.moving(from, { passage, to }),
        (error: unknown) => error instanceof BadRecord,
      )
    }
  })
})
