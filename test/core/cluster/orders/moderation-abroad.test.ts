import * as assert from 'uvu/assert'
import {
  MODERATION,
  readSubject,
  writeModeration,
} from '../../../../core/cluster/orders/moderation-records.js'
import { RecordReader } from '../../../../core/cluster/wire/record-reader.js'
import { ENGINES, suite } from '../../../suite.js'
import { FakeNetwork } from '../fake-network.js'
import { TestNode } from '../node.js'

const MODERATOR = { grants: { moderate: true } }

for (const engine of ENGINES) {
  /** Nodes whose rooms have a lobby. */
  const house = (count: number, rule: object = {}) => {
    const network = new FakeNetwork()
    const clusters = Array.from({ length: count }, (_, i) => network.cluster(`node${i}`))
    const options = { rooms: [{ match: '*', door: 'lobby', ...rule }] }
    const nodes = clusters.map((one) => new TestNode(engine, one, options))
    const join = async (node: number, who: object = {}, data: unknown = null) => {
      const client = await nodes[node]!.client(who)
      client.send({ type: 'join', room: 'a', data })
      await network.settle()
      return client
    }
    const order = async (by: Awaited<ReturnType<typeof join>>, data: object) => {
      by.send({ type: 'moderate', room: 'a', data })
      await network.settle()
    }
    return { network, clusters, nodes, join, order }
  }

  suite(`moderation abroad (${engine})`, (test) => {
    test('a moderator sees who knocks on any node, and lets it in', async () => {
      const { join, order } = house(3)
      const [teacher, assistant] = [await join(0, MODERATOR), await join(1, MODERATOR)]
      const pupil = await join(2, {}, { name: 'Gus' })
      for (const one of [teacher, assistant]) {
        assert.equal(
          one.of('knock').map(({ room, peer }) => [room, peer]),
          [['a', { id: pupil.id, data: { name: 'Gus' } }]],
        )
      }
      await order(assistant, { action: 'admit', peer: pupil.id })
      assert.equal(pupil.others('a'), [teacher.id, assistant.id].sort())
      assert.ok(teacher.others('a').includes(pupil.id))
      for (const one of [teacher, assistant]) assert.is(one.of('knock-ended').length, 1)
    })

    test('who comes later as a moderator is told of those who wait already, wherever they do', async () => {
      const { join } = house(2)
      const pupil = await join(1)
      const [here, there] = [await join(1, MODERATOR), await join(0, MODERATOR)]
      const second = await join(0, MODERATOR)
      for (const one of [here, there, second]) {
        assert.equal(
          one.of('knock').map(({ peer }) => peer.id),
          [pupil.id],
        )
      }
    })

    test('who is not let in is told why; who gives up is forgotten', async () => {
      const { join, order, network } = house(2)
      const [teacher, one, other] = [await join(0, MODERATOR), await join(1), await join(1)]
      await order(teacher, { action: 'deny', peer: one.id, reason: 'the class is over' })
      const [denied] = one.of('denied')
      assert.equal([denied!.code, denied!.message], ['E_NOT_ADMITTED', 'the class is over'])
      other.leave()
      await network.settle()
      assert.equal(
        teacher.of('knock-ended').map(({ peer }) => peer.id),
        [one.id, other.id],
      )
      for (const peer of [one.id, other.id]) {
        await order(teacher, { action: 'admit', peer })
        assert.is(teacher.of('error').pop()!.code, 'E_NO_PEER')
      }
    })

    test('a full room lets nobody in, and who waits goes on waiting', async () => {
      const { join, order, network } = house(2, { capacity: 2 })
      const [teacher, first, second] = [await join(0, MODERATOR), await join(1), await join(1)]
      await order(teacher, { action: 'admit', peer: first.id })
      await order(teacher, { action: 'admit', peer: second.id })
      assert.is(teacher.of('error').pop()!.code, 'E_ROOM_FULL')
      assert.equal([second.of('joined'), second.of('denied')], [[], []])
      first.leave()
      await network.settle()
      await order(teacher, { action: 'admit', peer: second.id })
      assert.equal(second.others('a'), [teacher.id])
    })

    test('a door that is opened anywhere lets in those who wait everywhere', async () => {
      const { join, order } = house(3)
      const [teacher, one, other] = [await join(0, MODERATOR), await join(1), await join(2)]
      await order(teacher, { action: 'open' })
      assert.equal(teacher.others('a'), [one.id, other.id].sort())
      assert.is(teacher.of('knock-ended').length, 2)
    })

    test('a member of another node is removed, with the reason; nobody else is', async () => {
      const { join, order } = house(3, { door: 'open' })
      const [teacher, bob, eve] = [await join(0, MODERATOR), await join(1), await join(2)]
      await order(teacher, { action: 'kick', peer: bob.id, reason: 'manners' })
      assert.is(bob.of('kicked')[0]!.reason, 'manners')
      assert.equal([teacher.others('a'), eve.others('a')], [[eve.id], [teacher.id]])
      for (const peer of [bob.id, teacher.id, 'AAAAAAAAAAAAAAAA', 'nonsense']) {
        await order(teacher, { action: 'kick', peer })
        assert.is(teacher.of('error').pop()!.code, 'E_NO_PEER')
      }
      await order(eve, { action: 'kick', peer: teacher.id })
      assert.is(eve.of('error').pop()!.code, 'E_FORBIDDEN')
    })

    test('the lobby is as large as it says, on all nodes together as far as they know', async () => {
      const { join } = house(2, { lobbySize: 2 })
      await join(0)
      await join(1)
      const third = await join(1)
      assert.is(third.of('error')[0]!.code, 'E_ROOM_FULL')
    })

    test('with the link to its node, who waits there is gone; when it is back, so are they', async () => {
      const { join, network, clusters } = house(2)
      const [teacher, pupil] = [await join(0, MODERATOR), await join(1)]
      network.cut(clusters[0]!, clusters[1]!)
      await network.settle()
      assert.is(teacher.of('knock-ended').length, 1)
      network.heal(clusters[0]!, clusters[1]!)
      await network.settle()
      assert.equal(
        teacher.of('knock').map(({ peer }) => peer.id),
        [pupil.id, pupil.id],
      )
    })
  })
}

suite('moderation records', (test) => {
  const room = 'Küche'
  const peer = 'AbCdEfGhIjKlMn-_'

  test('come back as they were', () => {
    const from = new RecordReader(writeModeration({ room, peer }, 'because'))
    assert.equal([readSubject(from), from.rest().toString()], [{ room, peer }, 'because'])
  })

  test('bytes that no node sends end the link, and change nothing', async () => {
    const bad: [number, Buffer][] = [
      [MODERATION.knock, writeModeration({ room, peer }, '{"a":')],
      [MODERATION.knock, writeModeration({ room: '', peer }, '1')],
      [MODERATION.knock, writeModeration({ room: 'a\n', peer }, '1')],
      [MODERATION.kick, writeModeration({ room, peer }, 'x'.repeat(801))],
      [MODERATION.deny, Buffer.concat([writeModeration({ room, peer }, ''), Buffer.of(0xff)])],
      [MODERATION.admit, writeModeration({ room, peer }, '').subarray(0, 14)],
    ]
    for (const [type, record] of bad) {
      const network = new FakeNetwork()
      const [one, other] = [network.cluster('one'), network.cluster('other')]
      const node = new TestNode('js', one)
      const client = await node.client(MODERATOR)
      client.send({ type: 'join', room })
      const link = other.link(one.incarnation)!
      await network.settle()
      link.send(type, record)
      await network.settle()
      assert.is(one.bad.length, 1)
      assert.equal(client.of('knock', 'kicked'), [])
    }
  })
})
