import * as assert from 'uvu/assert'
import { topicOf } from '../../../core/cluster/presence/regards.js'
import { encodeBatch } from '../../../core/cluster/wire/batch.js'
import { BadRecord } from '../../../core/cluster/wire/records.js'
import {
  decodeHeartbeat,
  encodeHeartbeat,
  encodePair,
  KIND,
  PROTOCOL_VERSION,
  Wire,
} from '../../../core/cluster/wire/wire.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'
import { linkTo, names, settle, World } from './world.js'

const SECRET = 'a secret of thirty-two characters'

suite('core/cluster/bus-cluster', (test) => {
  test('nodes know each other at once, by what they say of themselves', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    const three = await world.started({ name: 'three', region: 'eu', url: 'wss://three.example' })
    assert.equal(
      [names(one!), names(two!), names(three)],
      [
        ['three', 'two'],
        ['one', 'three'],
        ['one', 'two'],
      ],
    )
    const { load, ...seen } = one!.cluster.node(three.cluster.incarnation)!
    assert.equal(
      [load, seen],
      [
        0,
        {
          incarnation: three.cluster.incarnation,
          name: 'three',
          region: 'eu',
          url: 'wss://three.example',
          peers: 0,
          draining: false,
          inherited: [],
        },
      ],
    )
    assert.is(one!.stats.nodes, 2)
  })

  test('a node without a name of its own is named after its host', async () => {
    const world = new World()
    const [one, two] = [world.node(), world.node()]
    assert.match(one.cluster.name, /-[0-9a-f]{4}$/)
    await Promise.all([one.cluster.start(), two.cluster.start()]) // nobody can object: nothing to wait for
    await settle()
    assert.equal(names(one), [two.cluster.name])
  })

  test('a node that would take others for dead between two signs of life is refused', () => {
    assert.throws(
      () => new World().node({ heartbeatMs: 400, deadMs: 800 }),
      /cluster\.deadMs: must be more than twice 400 \(heartbeatMs\)/,
    )
  })

  test('a name that a live node has is refused at the start; one that is about to go makes room', async () => {
    const world = new World()
    const first = await world.started({ name: 'one' })
    const second = world.node({ name: 'one' })
    const start = rejection(second.cluster.start())
    await settle()
    world.clock.advance(500)
    assert.match(
      (await start).message,
      /cluster\.name: a node of the name "one" runs already; give each its own/,
    )
    await second.cluster.stop()
    first.cluster.report({ load: 0, peers: 0, draining: true })
    const third = await world.started({ name: 'one' })
    assert.equal(third.cluster.problems, [])
  })

  test('a name that turns out to be there twice is logged and said on both sides, and both go on', async () => {
    const world = new World()
    const one = world.node({ name: 'same' })
    const two = world.node({ name: 'same' })
    two.bus.isCut = true
    const starts = [one.cluster.start(), two.cluster.start()]
    await settle()
    world.clock.advance(500)
    await Promise.all(starts)
    two.bus.isCut = false
    await world.pass(500)
    for (const { cluster, lines } of [one, two]) {
      assert.equal(cluster.problems, ['another node is called "same" too'])
      assert.ok(lines.some(({ msg, level }) => level === 50 && /has the name of this one/.test(String(msg))))
    }
    assert.ok(linkTo(one, two))
    await settle()
    assert.equal(one.told, ['up same'])
  })

  test('records travel both ways and are confirmed; one message a tick and link', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    const link = linkTo(one!, two!)!
    await settle()
    assert.equal([one!.told, two!.told], [['up two'], ['up one']])
    assert.is(linkTo(one!, two!), link)
    world.exchange.log.length = 0
    for (const word of ['a', 'b', 'c']) link.send(7, Buffer.from(word))
    assert.equal([link.position, link.confirmed], [1, 0])
    await settle()
    assert.equal(two!.told.splice(0), ['up one', '7 a', '7 b', '7 c'])
    assert.equal(
      one!.told.splice(0),
      ['up two'],
      'an acknowledgement waits for something that it can travel with',
    )
    linkTo(two!, one!)!.send(9, Buffer.from('back'))
    await settle()
    assert.equal(one!.told.splice(0), ['confirmed 1', '9 back'])
    assert.is(world.exchange.log.length, 2, 'a batch each way')
    link.send(7, Buffer.from('d'))
    await settle()
    world.clock.advance(2)
    await settle()
    assert.is(world.exchange.log.length, 3)
    world.clock.advance(1)
    await settle()
    assert.equal(one!.told, ['confirmed 2'], 'but not for long')
    assert.is(world.exchange.log.length, 4, 'and alone')
    await settle()
    assert.is(world.exchange.log.length, 4)
    assert.equal([one!.stats.links, one!.stats.unconfirmedBytes], [1, 0])
  })

  test('a stop is told at once, a death after deadMs; links go down with it', async () => {
    const world = new World()
    const [one, two, three] = await world.cluster('one', 'two', 'three')
    linkTo(one!, two!)
    linkTo(one!, three!)
    await settle()
    await two!.cluster.stop()
    await settle()
    assert.equal(names(one!), ['three'])
    three!.bus.isCut = true
    await world.pass(3400)
    assert.equal(names(one!), ['three'])
    await world.pass(600)
    assert.equal(names(one!), [])
    assert.equal(one!.told.slice(2), [
      'down two: it has stopped',
      'down three: nothing was heard of it for 3500 ms',
    ])
    assert.is(one!.stats.linksLost, 2)
    assert.is(linkTo(one!, three!), undefined)
  })

  test('a node whose bus is back meets all others at once, and their rooms', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    one!.cluster.regard('kitchen')
    two!.cluster.regard('kitchen')
    await settle()
    two!.bus.isCut = true
    await world.pass(5000)
    two!.bus.state = 'degraded'
    two!.bus.isCut = false
    await world.pass(1000)
    assert.equal([names(one!), names(two!)], [[], []])
    for (const node of [one!, two!]) node.told.length = 0
    two!.bus.state = 'up'
    await world.pass(100)
    assert.equal([names(one!), names(two!)], [['two'], ['one']])
    assert.ok(one!.told.includes('here kitchen') || two!.told.includes('here kitchen'))
  })

  test('who opens a link and is not known is asked who it is', async () => {
    const world = new World()
    const one = await world.started({ name: 'one' })
    const inbox = `signalbox.node.${one.cluster.incarnation}`
    const stranger = 'x'.repeat(16)
    const open = new Wire(stranger, undefined).message(inbox, KIND.open, encodePair({ mine: 1, yours: 0 }))
    await world.exchange.bus().publish(inbox, open)
    await settle()
    const { topic, message } = world.exchange.log.at(-1)!
    assert.is(topic, `signalbox.node.${stranger}`)
    assert.ok(decodeHeartbeat(stranger, Buffer.from(message.subarray(16))).asks)
    assert.equal(one.told, [])
  })

  test('a bus that is in doubt says nothing about others: nobody is taken for dead', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    one!.bus.isCut = true
    await world.pass(2000)
    one!.bus.isInDoubt = true
    await world.pass(20_000)
    assert.equal(names(one!), ['two'])
    one!.bus.isCut = false
    await world.pass(400)
    one!.bus.isInDoubt = false
    await world.pass(1000)
    assert.equal([names(one!), names(two!)], [['two'], ['one']])
  })

  test('the last will of a node is its goodbye: a bus that notices its end says it', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    const { topic, message } = two!.bus.last!
    two!.bus.isCut = true
    await world.exchange.bus().publish(topic, message)
    await settle()
    assert.equal(names(one!), [])
    await world.exchange.bus().publish(topic, message)
    await settle()
    assert.equal(one!.stats.busDropped, {})
  })

  test('rooms that both have bring them together: at once, and again after every kind of separation', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    one!.cluster.regard('kitchen')
    await settle()
    two!.cluster.regard('kitchen')
    await settle()
    assert.equal([one!.told.splice(0), two!.told.splice(0)], [['here kitchen'], []])
    // A cut that nobody is told of, long enough for each to take the other for dead.
    two!.bus.isCut = true
    await world.pass(5000)
    assert.equal([names(one!), names(two!)], [[], []])
    two!.bus.isCut = false
    await world.pass(1000)
    assert.ok([...one!.told.splice(0), ...two!.told.splice(0)].includes('here kitchen'))
    // A bus that says that it is away.
    two!.bus.state = 'degraded'
    await world.pass(1000)
    two!.bus.state = 'up'
    await world.pass(100)
    assert.ok(one!.told.splice(0).includes('here kitchen'))
    // A link that is lost while both are alive.
    linkTo(one!, two!)
    await settle()
    linkTo(two!, one!)!.send(200)
    await settle()
    assert.equal(one!.stats.linksLost, 1)
    await world.pass(1100)
    assert.ok([...one!.told, ...two!.told].includes('here kitchen'))
    two!.cluster.disregard('kitchen')
    assert.not.ok(two!.bus.topics.has(topicOf('kitchen')))
  })

  test('while the bus is away links wait, and nobody is taken for dead', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    const link = linkTo(one!, two!)!
    await settle()
    one!.bus.state = 'degraded'
    two!.bus.state = 'degraded'
    link.send(7, Buffer.from('later'))
    await world.pass(20_000)
    assert.equal([names(one!), names(two!)], [['two'], ['one']])
    for (const { bus } of [one!, two!]) bus.state = 'up'
    await world.pass(100)
    assert.equal(two!.told, ['up one', '7 later'])
    one!.bus.state = 'degraded'
    await world.pass(30_100)
    assert.equal(one!.told.slice(-1), ['down two: the bus was away for 30000 ms'])
  })

  test('a bus that is away at the start is entered when it is there', async () => {
    const world = new World()
    const one = await world.started({ name: 'one' })
    const two = world.node({ name: 'two' })
    two.bus.state = 'degraded'
    two.cluster.regard('kitchen')
    await two.cluster.start()
    one.cluster.regard('kitchen')
    await world.pass(2000)
    two.bus.state = 'up'
    await world.pass(200)
    assert.equal([names(one), names(two)], [['two'], ['one']])
    assert.ok(one.told.includes('here kitchen'))
  })

  test('what is told to all comes to all, with its sender', async () => {
    const world = new World()
    const [one, two, three] = await world.cluster('one', 'two', 'three')
    one!.cluster.tellAll(33, Buffer.from('order'))
    await settle()
    assert.equal(
      [one!.told, two!.told, three!.told],
      [[], ['command one 33 order'], ['command one 33 order']],
    )
    assert.throws(() => one!.cluster.tellAll(33, Buffer.alloc(16 * 1024 + 1)), /too long/)
  })

  test('load and drain are known to the others, a drain at once', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    one!.cluster.report({ load: 1, peers: 5, draining: false })
    await world.pass(400)
    const seen = () => two!.cluster.node(one!.cluster.incarnation)!
    assert.equal([seen().load, seen().peers, seen().draining], [1, 5, false])
    one!.cluster.report({ load: 0.5, peers: 4, draining: true })
    await settle()
    assert.ok(seen().draining)
  })

  test('a node of another version is refused, told to operators, and forgotten when it is gone', async () => {
    const world = new World()
    const one = await world.started({ name: 'one' })
    const stranger = new Wire('x'.repeat(16), undefined)
    const body = encodeHeartbeat('old', {}, { load: 0, peers: 0, draining: false, inherited: [] }, false)
    const message = stranger.message('signalbox.nodes', KIND.heartbeat, body)
    message[2] = PROTOCOL_VERSION + 1
    await world.exchange.bus().publish('signalbox.nodes', message)
    await settle()
    assert.equal(names(one), [])
    assert.match(one.cluster.problems.join(), /the node "old" speaks version 2 .*, this one 1/)
    assert.ok(
      one.lines.some(({ node, version, ownVersion }) => node === 'old' && version === 2 && ownVersion === 1),
    )
    assert.equal(one.stats.busDropped, { version: 1 })
    await world.pass(10_100)
    assert.equal(one.cluster.problems, [])
  })

  test('with a secret, those who do not have it are nobody', async () => {
    const world = new World()
    const [one, two] = [
      await world.started({ name: 'one', secret: SECRET }),
      await world.started({ name: 'two', secret: SECRET }),
    ]
    const three = await world.started({ name: 'three' })
    const four = await world.started({ name: 'four', secret: `${SECRET}!` })
    await world.pass(1000)
    assert.equal([names(one), names(two), names(three), names(four)], [['two'], ['one'], [], []])
    assert.ok(one.stats.busDropped.forged! > 1)
    linkTo(one, two)!
    await settle()
    assert.equal(two.told, ['up one'])
  })

  test('whatever comes over the bus, nothing of it is believed and nothing breaks', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    linkTo(one!, two!)
    await settle()
    const evil = world.exchange.bus()
    const inbox = `signalbox.node.${one!.cluster.incarnation}`
    const real = world.exchange.log.filter(({ topic }) => topic === inbox).map(({ message }) => message)
    for (const message of real) {
      for (let cut = 0; cut < message.length; cut++) await evil.publish(inbox, message.subarray(0, cut))
      for (let i = 0; i < message.length; i++) {
        const flipped = Buffer.from(message)
        flipped[i]! ^= 0xff
        await evil.publish(inbox, flipped)
        await evil.publish('signalbox.nodes', flipped)
      }
    }
    const self = new Wire(one!.cluster.incarnation, undefined)
    await evil.publish('signalbox.nodes', self.message('signalbox.nodes', KIND.bye, Buffer.alloc(0)))
    await world.pass(2000)
    assert.equal(names(one!), ['two'])
    assert.ok(Object.values(one!.stats.busDropped).reduce((sum, n) => sum + n, 0) > 100)
    const again = linkTo(one!, two!)!
    await world.pass(500)
    again.send(7, Buffer.from('still here'))
    await settle()
    assert.ok(two!.told.includes('7 still here'))
  })

  test('a batch from a node that is not known is answered: its sender learns that the link is over', async () => {
    const world = new World()
    const one = await world.started({ name: 'one' })
    const inbox = `signalbox.node.${one.cluster.incarnation}`
    const stranger = 'x'.repeat(16)
    const header = { pair: { mine: 1, yours: 2 }, number: 1, ack: 0, gap: false }
    const batch = encodeBatch(new Wire(stranger, undefined), inbox, header, Buffer.of(7, 0, 0, 0, 0))
    await world.exchange.bus().publish(inbox, batch)
    await settle()
    const { topic, message } = world.exchange.log.at(-1)!
    assert.is(topic, `signalbox.node.${stranger}`)
    assert.equal([message[3], ...message.subarray(16)], [KIND.reset, 0, 0, 0, 2, 0, 0, 0, 1])
    assert.equal(one.stats.busDropped, { stranger: 1 })
    assert.equal(one.told, [])
  })

  test('a listener that finds a command bad counts as a malformed message', async () => {
    const world = new World()
    const [one, two] = await world.cluster('one', 'two')
    two!.cluster.onCommand(() => {
      throw new BadRecord('a test')
    })
    one!.cluster.tellAll(33, Buffer.from('x'))
    await settle()
    assert.equal(two!.stats.busDropped, { malformed: 1 })
  })

  test('stopping leaves nothing behind', async () => {
    const world = new World()
    const one = await world.started({ name: 'one' })
    await one.cluster.stop()
    assert.equal([one.bus.topics.size, world.clock.pending], [0, 0])
  })
})
