import * as assert from 'uvu/assert'
import { Regards, STEP_MS, topicOf } from '../../../../core/cluster/presence/regards.js'
import type { BusReceiver } from '../../../../core/contracts/bus.js'
import { suite } from '../../../suite.js'

function setUp() {
  const topics = new Map<string, BusReceiver>()
  const said: string[] = []
  const heard: string[] = []
  const alive = new Set(['a', 'b'])
  const bus = { isUp: true, asked: 0 }
  const regards = new Regards({
    subscribe: async (topic, receive) => {
      bus.asked++
      if (!bus.isUp) throw new Error('the bus is away')
      topics.set(topic, receive)
    },
    unsubscribe: async (topic) => void topics.delete(topic),
    say: (topic) => void said.push(topic),
    open: (_topic, message) => (message.length === 1 ? String.fromCharCode(message[0]!) : undefined),
    heard: (room, incarnation) => heard.push(`${room}: ${incarnation}`),
    isAlive: (incarnation) => alive.has(incarnation),
  })
  const say = (room: string, who: string) => topics.get(topicOf(room))?.(Buffer.from(who), '')
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  /** The topics on which something was said since. */
  const taken = () => said.splice(0)
  return { regards, topics, said, heard, alive, bus, say, settle, taken }
}

const rooms = (count: number): string[] => Array.from({ length: count }, (_, i) => `room ${i}`)

suite('core/cluster/regards', (test) => {
  test('the topic of a room is 22 characters of its hash, whatever its name is', () => {
    for (const room of ['kitchen', 'a.*.>', 'ключ🔑', ' ']) {
      assert.match(topicOf(room), /^signalbox\.room\.[A-Za-z0-9_-]{22}$/)
    }
    assert.is.not(topicOf('a'), topicOf('b'))
  })

  test('hears first, then says that it is here, and hears of the others until the end', async () => {
    const { regards, topics, said, heard, say, settle } = setUp()
    regards.add('kitchen')
    regards.add('kitchen')
    assert.equal(said, [])
    await settle()
    assert.equal(said, [topicOf('kitchen')])
    say('kitchen', 'a')
    assert.equal(heard, ['kitchen: a'])
    regards.delete('kitchen')
    regards.delete('kitchen')
    assert.equal([topics.size, regards.size], [0, 0])
  })

  test('a room that was left before the bus had answered is not spoken of', async () => {
    const { regards, said, settle } = setUp()
    regards.add('kitchen')
    regards.delete('kitchen')
    await settle()
    assert.equal(said, [])
  })

  test('what is no word of a node is no word', async () => {
    const { regards, heard, say, settle } = setUp()
    regards.add('kitchen')
    await settle()
    say('kitchen', 'nonsense')
    assert.equal(heard, [])
  })

  test('who is not known yet is told of when it appears', async () => {
    const { regards, heard, alive, say, settle } = setUp()
    regards.add('kitchen')
    regards.add('hall')
    await settle()
    say('kitchen', 'z')
    assert.equal(heard, [])
    alive.add('z')
    regards.appeared('z')
    assert.equal(heard, ['kitchen: z'])
  })

  test('all rooms are spoken of again, 2,000 a step', async () => {
    const { regards, settle, taken } = setUp()
    for (const room of rooms(5000)) regards.add(room)
    await settle()
    assert.is(taken().length, 5000)
    regards.sayAll()
    regards.sayAll()
    const steps: number[] = []
    for (let i = 0; i < 4; i++) {
      regards.tick(1)
      steps.push(taken().length)
    }
    assert.equal(steps, [2000, 2000, 1000, 0])
  })

  test('every room has its turn once a minute, evenly', async () => {
    const { regards, settle, taken } = setUp()
    for (const room of rooms(2400)) regards.add(room)
    await settle()
    taken()
    const said = new Set<string>()
    for (let ms = 0; ms < 60_000; ms += STEP_MS) {
      regards.tick(STEP_MS)
      const now = taken()
      assert.ok(now.length <= 3, `${now.length} in one step`)
      for (const topic of now) said.add(topic)
    }
    assert.ok(said.size >= 2398, `${said.size} rooms`)
  })

  test('rooms that come and go do not stop the round', async () => {
    const { regards, settle, taken } = setUp()
    regards.add('stays')
    for (let i = 0; i < 3000; i++) {
      regards.add(`room ${i}`)
      regards.delete(`room ${i}`)
      regards.tick(STEP_MS)
    }
    await settle()
    taken()
    for (let i = 0; i < 1300; i++) regards.tick(STEP_MS)
    assert.equal(taken(), [topicOf('stays')])
  })

  test('after the loss of a link the rooms shared with that node are spoken of, in half a second to one', async () => {
    const { regards, say, settle, taken } = setUp()
    for (const room of rooms(20)) regards.add(room)
    await settle()
    say('room 3', 'a')
    say('room 4', 'b')
    taken()
    regards.lost('a')
    for (let ms = 0; ms < 450; ms += STEP_MS) regards.tick(STEP_MS)
    assert.equal(taken(), [])
    for (let ms = 450; ms < 1050; ms += STEP_MS) regards.tick(STEP_MS)
    assert.equal(taken(), [topicOf('room 3')])
  })

  test('a bus that was away is asked again, once', async () => {
    const { regards, bus, said, topics, settle } = setUp()
    bus.isUp = false
    regards.add('kitchen')
    await settle()
    assert.equal([said.length, topics.size], [0, 0])
    bus.isUp = true
    regards.sayAll()
    regards.tick(STEP_MS)
    regards.sayAll()
    regards.tick(STEP_MS)
    await settle()
    assert.equal([said.length, topics.size, bus.asked], [1, 1, 2])
  })
})
