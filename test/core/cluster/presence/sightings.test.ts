import * as assert from 'uvu/assert'
import type { Link, LinkListener } from '../../../../core/cluster/links/link.js'
import {
  PRESENCE,
  writeJoin,
  writeLeave,
  writeName,
  writeUpdate,
} from '../../../../core/cluster/presence/presence-records.js'
import { RecordWriter } from '../../../../core/cluster/wire/record-writer.js'
import { textFrame } from '../../../../core/egress/text-frame.js'
import { suite } from '../../../suite.js'
import { type FakeCluster, FakeNetwork } from '../fake-network.js'
import { TestNode } from '../node.js'

const writer = new RecordWriter()
const EVE = 'eveeveeveeveeve0'
const NUMBER = 7
/** The incarnation of the node with the hub. */
const NODE = 'node0___________'

/** A node that says what it likes, and keeps what it is told. */
class Stranger implements LinkListener {
  readonly cluster: FakeCluster
  link!: Link
  readonly heard: number[] = []
  downs = 0

  constructor(network: FakeNetwork) {
    this.cluster = network.cluster('stranger')
    this.cluster.listen(1, 256, this)
    this.cluster.regard('a')
  }

  up(link: Link): void {
    this.link = link
  }

  record(_link: Link, type: number): void {
    this.heard.push(type)
  }

  confirmed(): void {}

  down(): void {
    this.downs++
  }

  say(type: number, body: Uint8Array): void {
    this.link.send(type, Buffer.from(body))
  }

  sync(name: string, number = NUMBER): void {
    this.say(PRESENCE.sync, writer.clear().u32(number).u8(0).u48(0).bytes(Buffer.from(name)).written)
  }

  join(id: string, data = 'null', number = NUMBER): void {
    const member = { id, data, stamp: 100, principal: '', away: false }
    this.say(PRESENCE.join, writeJoin(writer, number, member))
  }
}

const setUp = async () => {
  const network = new FakeNetwork()
  const node = new TestNode('js', network.cluster('node0'))
  const stranger = new Stranger(network)
  const ada = await node.client()
  ada.send({ type: 'join', room: 'a' })
  stranger.cluster.link(NODE)
  await network.settle()
  return { network, node, stranger, ada }
}

suite('sightings', (test) => {
  test('what is told of a room by a number that it was never given, or not any more, finds nobody', async () => {
    const { network, stranger, ada } = await setUp()
    stranger.join(EVE)
    stranger.say(
      PRESENCE.frame,
      Buffer.concat([Buffer.from([0, 0, 0, 9]), textFrame('{"type":"x","room":"a"}')]),
    )
    stranger.sync('a')
    stranger.join(EVE, '1')
    stranger.say(PRESENCE.unsync, Buffer.from([0, 0, 0, NUMBER]))
    stranger.join('laterlaterlater0', '2')
    stranger.say(PRESENCE.absent, Buffer.from([0, 0, 9, 9]))
    await network.settle()
    assert.equal(
      ada.counted.map(({ type }) => type),
      ['joined', 'peer-joined', 'peer-left'],
    )
    assert.is(stranger.downs, 0)
  })

  test('a node that tells of a room which nobody is in here hears so', async () => {
    const { network, node, stranger } = await setUp()
    stranger.sync('elsewhere')
    stranger.join(EVE)
    await network.settle()
    assert.ok(stranger.heard.includes(PRESENCE.absent))
    assert.is(node.stats.rooms, 1)
  })

  test('what is said of members that were never told is ignored', async () => {
    const { network, stranger, ada } = await setUp()
    stranger.sync('a')
    stranger.say(PRESENCE.leave, writeLeave(writer, NUMBER, EVE))
    stranger.say(PRESENCE.update, writeUpdate(writer, NUMBER, { id: EVE, data: '1' } as never))
    await network.settle()
    assert.equal(
      ada.counted.map(({ type }) => type),
      ['joined'],
    )
    assert.is(stranger.downs, 0)
  })

  test('nobody elsewhere can pass for, update or remove a member here', async () => {
    const { network, node, stranger, ada } = await setUp()
    const bob = await node.client()
    bob.send({ type: 'join', room: 'a' })
    stranger.sync('a')
    stranger.join(bob.id, '"not bob"')
    stranger.say(PRESENCE.update, writeUpdate(writer, NUMBER, { id: bob.id, data: '"not bob"' } as never))
    stranger.say(PRESENCE.leave, writeLeave(writer, NUMBER, bob.id))
    await network.settle()
    assert.equal(ada.others('a'), [bob.id])
    assert.equal(ada.of('peer-updated', 'peer-left'), [])
    ada.send({ type: 'signal', room: 'a', to: bob.id, data: 1 })
    await network.settle()
    assert.equal(bob.heard(), ['signal 1'])
    assert.not(stranger.heard.includes(PRESENCE.direct))
  })

  test('a member that is announced by another node is that node’s from then on, and nobody is told', async () => {
    const { network, stranger, ada } = await setUp()
    const other = new Stranger(network)
    const second = network.cluster('second')
    second.listen(1, 256, other)
    second.link(NODE)
    await network.settle()
    stranger.sync('a')
    stranger.join(EVE)
    other.sync('a')
    await network.settle()
    other.join(EVE)
    await network.settle()
    stranger.say(PRESENCE.leave, writeLeave(writer, NUMBER, EVE))
    await network.settle()
    assert.equal(ada.others('a'), [EVE])
    assert.is(ada.of('peer-joined').length, 1)
    other.say(PRESENCE.leave, writeLeave(writer, NUMBER, EVE))
    await network.settle()
    assert.equal(ada.others('a'), [])
  })

  test('a room that is told once more: who isn’t mentioned has left, and nobody joins twice', async () => {
    const { network, stranger, ada } = await setUp()
    stranger.sync('a')
    for (const id of [EVE, 'carlcarlcarlcar0']) stranger.join(id)
    stranger.say(PRESENCE.synced, Buffer.from([0, 0, 0, NUMBER]))
    stranger.sync('a', 8)
    stranger.join(EVE, '"new"', 8)
    stranger.say(PRESENCE.synced, Buffer.from([0, 0, 0, 8]))
    await network.settle()
    assert.equal(ada.others('a'), [EVE])
    assert.equal(
      ada.of('peer-joined', 'peer-updated', 'peer-left').map(({ type }) => type),
      ['peer-joined', 'peer-joined', 'peer-updated', 'peer-left'],
    )
  })

  const head = [0, 0, 0, NUMBER]
  const bad: readonly (readonly [string, number, Uint8Array])[] = [
    ['metadata that is no JSON', PRESENCE.join, Buffer.from([...head, ...new Array(19).fill(0), 0x7b])],
    ['a frame that is none', PRESENCE.frame, Buffer.from([...head, 1, 2, 3])],
    ['a type that there is none of', PRESENCE.direct + 1, Buffer.from(head)],
    ['a number that is cut short', PRESENCE.leave, Buffer.from([0, 0])],
    ['a byte too many', PRESENCE.synced, Buffer.from([...head, 0])],
    ['a room without a name', PRESENCE.present, writeName(writer, '')],
  ]
  for (const [what, type, body] of bad) {
    test(`${what} ends the link, and all that was told over it`, async () => {
      const { network, stranger, ada } = await setUp()
      stranger.sync('a')
      stranger.join(EVE)
      await network.settle()
      assert.equal(ada.others('a'), [EVE])
      stranger.say(type, body)
      await network.settle()
      assert.equal(ada.others('a'), [])
      assert.is(stranger.downs, 1)
    })
  }
})
