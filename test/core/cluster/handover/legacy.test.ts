import * as assert from 'uvu/assert'
import type { NodeStatus } from '../../../../core/cluster/cluster.js'
import {
  HANDOVER,
  MAX_MOVED_IN_RECORD,
  readMoved,
} from '../../../../core/cluster/handover/handover-records.js'
import { Legacy } from '../../../../core/cluster/handover/legacy.js'
import { MovedTickets } from '../../../../core/cluster/handover/moved-tickets.js'
import { Transfers } from '../../../../core/cluster/handover/transfers.js'
import { hashOf } from '../../../../core/resume/tickets.js'
import { FakeClock } from '../../../contract/fake-clock.js'
import { suite } from '../../../suite.js'
import { RecordedLink } from '../recorded-link.js'

const NODE = 'n'.repeat(16)

function setUp(...links: RecordedLink[]) {
  const clock = new FakeClock()
  const moved = new MovedTickets(clock, 1000)
  const transfers = new Transfers()
  const byNode = new Map(links.map((link) => [link.node.incarnation, link]))
  const nodes = links.map(({ node }) => node as NodeStatus)
  const legacy = new Legacy({ nodes, link: (incarnation) => byNode.get(incarnation) }, moved, transfers)
  return { clock, moved, transfers, legacy }
}

suite('legacy', (test) => {
  test('all others are told where sessions went, and it is heard when all that live have it', () => {
    const [one, two, opening] = [new RecordedLink('one'), new RecordedLink('two'), new RecordedLink('three')]
    opening.isUp = false
    const { clock, moved, legacy } = setUp(one, two, opening)
    moved.note(hashOf('too old'), NODE)
    clock.advance(1000)
    moved.note(hashOf('a'), NODE)
    moved.note(hashOf('b'), NODE)
    legacy.bequeath()
    for (const link of [one, two]) {
      assert.is(link.sent[0]!.type, HANDOVER.moved)
      assert.equal(readMoved(link.sent[0]!.body), [
        [hashOf('a'), NODE],
        [hashOf('b'), NODE],
      ])
    }
    assert.equal([opening.sent, legacy.isHeard], [[], false])
    one.confirmed = 1
    assert.not(legacy.isHeard)
    two.isUp = false
    assert.ok(legacy.isHeard, 'who is dead hears nothing')
  })

  test('many take several records; nothing to say is heard at once', () => {
    const link = new RecordedLink()
    const { moved, legacy } = setUp(link)
    legacy.bequeath()
    assert.equal([link.sent, legacy.isHeard], [[], true])
    for (let i = 0; i < MAX_MOVED_IN_RECORD + 1; i++) moved.note(hashOf(`${i}`), NODE)
    legacy.bequeath()
    assert.equal(
      link.sent.map(({ body }) => readMoved(body).length),
      [MAX_MOVED_IN_RECORD, 1],
    )
    link.confirmed = 1
    assert.not(legacy.isHeard)
    link.confirmed = 2
    assert.ok(legacy.isHeard)
  })

  test('nor may it end while a session is on its way', () => {
    const link = new RecordedLink()
    const { transfers, legacy } = setUp(link)
    transfers.send(link, 1, Buffer.alloc(10))
    assert.not(legacy.isHeard)
    link.confirmed = 1
    transfers.confirmed(link)
    assert.ok(legacy.isHeard)
  })
})
