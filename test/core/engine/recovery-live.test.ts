/** What clients see of a fault in the engine: real sockets, real traps. */

import * as assert from 'uvu/assert'
import { WasmFrameReader } from '../../../core/engine/wasm/frame-reader.js'
import { closeCodeOf } from '../../../core/errors.js'
import { type LiveServer, liveServer, type RawClient } from '../../live-server.js'
import { framed } from '../../plugins/transport/ws/client-frames.js'
import { RawSocket } from '../../plugins/transport/ws/raw-socket.js'
import { type Defer, suite } from '../../suite.js'
import { watchInstances } from './instances.js'
import { ARENA_TOP, breakMembers, inventMember } from './linear-memory.js'

/** A server, and four clients in each of three rooms; the rooms' numbers are 0, 1 and 2. */
async function house(defer: Defer) {
  const memories = watchInstances(defer)
  const live = await liveServer(defer, 'wasm')
  const rooms: RawClient[][] = []
  for (const name of ['a', 'b', 'c']) {
    const members: RawClient[] = []
    for (let i = 0; i < 4; i++) members.push(await live.client({ query: `room=${name}` }))
    rooms.push(members)
  }
  for (const client of rooms.flat()) await client.settled()
  for (const client of rooms.flat()) client.inbox.length = 0
  return { live, rooms, memories, damage: (room: number) => breakMembers(memories.at(-1)!, room) }
}

const rebuilds = ({ server }: LiveServer) => server.stats.engineRebuilds
const publish = (room: string, id: number) => ({ type: 'publish', room, id, data: id })
const published = ({ inbox }: RawClient) =>
  inbox.filter(({ type }) => type === 'publish').map(({ data, from }) => `${from} ${data}`)
const errors = ({ inbox }: RawClient) =>
  inbox.filter(({ type }) => type === 'error').map(({ code, id }) => `${code} ${id}`)

suite('engine recovery, live', (test) => {
  test('one message in the middle of a chunk traps: its sender is told, nobody misses or gets anything else', async (defer) => {
    const { live, rooms, damage } = await house(defer)
    const raw = await RawSocket.open(defer, live.url, 'room=a')
    const [first] = rooms[0]!
    await first!.next('peer-joined')
    // Everyone talks in b and c all the while, over sockets that read into the memory that is going to be discarded.
    const say = (id: number) => {
      for (const member of rooms[1]!) member.send(publish('b', id))
      for (const member of rooms[2]!) member.send(publish('c', id))
    }
    for (let id = 1; id <= 20; id++) say(id)
    const text = (id: number) => framed(1, JSON.stringify(publish('a', id)))
    await raw.send(Buffer.concat([text(1), framed(9, 'before')]))
    await raw.pongs('before', 1)
    damage(0)
    await raw.send(Buffer.concat([text(2), text(3), text(4), framed(9, 'after')]))
    await raw.pongs('after', 1)
    for (let id = 21; id <= 40; id++) say(id)
    for (const client of rooms.flat()) await client.settled()

    assert.is(rebuilds(live), 1)
    assert.equal(
      raw.answers().filter((answer) => !answer.startsWith('pong ')),
      ['error E_ENGINE'],
    )
    for (const member of rooms[0]!) {
      assert.equal(
        published(member).map((line) => line.split(' ')[1]),
        ['1', '3', '4'],
      )
    }
    for (const [index, room] of rooms.entries()) {
      for (const member of room) {
        assert.equal(errors(member), [])
        assert.is(member.socket.readyState, member.socket.OPEN)
        if (index === 0) continue
        const others = room.filter((other) => other !== member)
        for (const { id: from } of others) {
          const own = published(member).filter((line) => line.startsWith(from))
          assert.equal(
            own.map((line) => Number(line.split(' ')[1])),
            Array.from({ length: 40 }, (_, i) => i + 1),
          )
        }
        assert.is(published(member).length, 120, 'and of nobody else')
      }
    }
    // Who comes now reads into the new memory, and finds everybody.
    const late = await live.client({ query: 'room=a' })
    assert.is((await late.next('joined')).peers.length, 5)
    late.send({ type: 'offer', room: 'a', to: first!.id, data: 'hello' })
    assert.is((await first!.next('offer')).from, late.id)
  })

  test('the error carries the id, and the next message is in order', async (defer) => {
    const { live, rooms, damage } = await house(defer)
    const [first, second] = rooms[0]!
    damage(0)
    first!.send(publish('a', 1))
    assert.equal(await first!.next('error'), {
      type: 'error',
      id: 1,
      code: 'E_ENGINE',
      message: 'the server failed on this message and recovered; nobody has received it',
    })
    first!.send(publish('a', 2))
    assert.is((await second!.next('publish')).data, 2)
    await first!.settled()
    assert.equal(errors(first!), [])
    assert.is(live.server.stats.refused.E_ENGINE, 1)
  })

  test('a trap while peers join, leave and vanish is noticed by nobody', async (defer) => {
    const { live, rooms, damage } = await house(defer)
    const [stays, leaves, vanishes, updates] = rooms[0]!
    damage(0)
    const comes = await live.client({ query: 'room=a' })
    assert.is((await comes.next('joined')).peers.length, 4)
    assert.is((await stays!.next('peer-joined')).peer.id, comes.id)
    damage(0)
    leaves!.send({ type: 'leave', id: 1, room: 'a' })
    assert.is((await stays!.next('peer-left')).peer.id, leaves!.id)
    damage(0)
    vanishes!.socket.close()
    assert.is((await stays!.next('peer-left')).peer.id, vanishes!.id)
    assert.is(rebuilds(live), 3)
    assert.is((await leaves!.join('a')).peers.length, 3)
    comes.send({ type: 'publish', room: 'a', data: 'x' })
    for (const member of [stays!, updates!, leaves!]) {
      assert.is((await member.next('publish')).from, comes.id)
      assert.equal(errors(member), [])
    }
  })

  test('whose messages trap three times is closed, and may come back; its room hears one peer-left', async (defer) => {
    const { live, rooms, damage } = await house(defer)
    const [bad, good] = rooms[0]!
    for (let id = 1; id <= 2; id++) {
      damage(0)
      bad!.send(publish('a', id))
      assert.is((await bad!.next('error')).code, 'E_ENGINE')
    }
    damage(0)
    bad!.send(publish('a', 3))
    assert.is((await bad!.next('error')).code, 'E_INTERNAL')
    assert.is((await bad!.closed).code, closeCodeOf('E_INTERNAL'))
    assert.is((await good!.next('peer-left')).peer.id, bad!.id)
    const back = await live.client({ query: 'room=a' })
    back.send(publish('a', 1))
    assert.is((await good!.next('publish')).from, back.id)
    assert.is(rebuilds(live), 3)
  })

  test('rebuilds by the dozen end in JavaScript, on the same sockets', async (defer) => {
    const { live, rooms, damage } = await house(defer)
    for (const [i, client] of rooms.flat().entries()) {
      const room = 'abc'.charAt(Math.floor(i / 4))
      damage('abc'.indexOf(room))
      client.send(publish(room, 1))
      await client.settled()
    }
    const faults = rooms.flat().flatMap(errors)
    assert.equal(new Set(faults), new Set(['E_ENGINE 1']))
    assert.is(rebuilds(live), faults.length)
    assert.is(faults.length, 8)
    for (const client of rooms.flat()) client.inbox.length = 0
    for (const [i, room] of ['a', 'b', 'c'].entries()) rooms[i]![0]!.send(publish(room, 2))
    for (const members of rooms) {
      for (const member of members.slice(1)) assert.is((await member.next('publish')).data, 2)
    }
  })

  test('a session without a socket is rebuilt too: it comes back to its room, and misses nothing', async (defer) => {
    const { live, rooms, damage } = await house(defer)
    const [first, away, third] = rooms[0]!
    await away!.cut(live.server)
    first!.send(publish('a', 1))
    await first!.settled()
    damage(0)
    first!.send(publish('a', 2))
    assert.is((await first!.next('error')).code, 'E_ENGINE')
    first!.send(publish('a', 3))
    await third!.settled()
    const back = live.dial({ resume: away!.resume })
    assert.is((await back.next('welcome')).session.resumed, true)
    assert.is((await back.next('publish')).data, 1)
    assert.is((await back.next('publish')).data, 3)
    back.send({ type: 'offer', room: 'a', to: third!.id, data: 'still here' })
    assert.is((await third!.next('offer')).from, away!.id)
    assert.equal(
      third!.inbox.filter(({ type }) => type.startsWith('peer-')),
      [],
    )
  })

  test('a member that nobody is: found when it is told something, and the others have it once', async (defer) => {
    const { live, rooms, memories } = await house(defer)
    const [first, ...others] = rooms[0]!
    inventMember(memories[0]!, 0, 4)
    for (const id of [1, 2]) first!.send(publish('a', id))
    await first!.settled()
    for (const other of others) {
      await other.settled()
      assert.equal(published(other), [`${first!.id} 1`, `${first!.id} 2`])
    }
    assert.is(rebuilds(live), 1)
    assert.equal(errors(first!), [])
  })

  test('a trap in finding frames closes that connection alone', async (defer) => {
    const { live, rooms } = await house(defer)
    const [bad, good] = rooms[0]!
    const { next } = WasmFrameReader.prototype
    WasmFrameReader.prototype.next = () => {
      WasmFrameReader.prototype.next = next
      throw new WebAssembly.RuntimeError('unreachable')
    }
    bad!.send(publish('a', 1))
    assert.is((await bad!.closed).code, closeCodeOf('E_INTERNAL'))
    assert.is((await good!.next('peer-left')).peer.id, bad!.id)
    assert.is(rebuilds(live), 1)
    good!.send(publish('a', 1))
    assert.is((await rooms[0]![2]!.next('publish')).from, good!.id)
  })

  test('without memory for another member a join is refused with E_BUSY, nothing has changed, and it is free again later', async (defer) => {
    const memories = watchInstances(defer)
    const live = await liveServer(defer, 'wasm')
    const clients: RawClient[] = []
    for (let i = 0; i < 5; i++) clients.push(await live.client())
    for (const client of clients.slice(0, 4)) await client.join('full')
    const memory = memories[0]!
    memory.writeUInt32LE(memory.length - 4, ARENA_TOP)
    const [first, , , , fifth] = clients
    fifth!.send({ type: 'join', id: 1, room: 'full' })
    assert.is((await fifth!.next('error')).code, 'E_BUSY')
    fifth!.send({ type: 'join', id: 2, room: 'another' })
    assert.is((await fifth!.next('error')).code, 'E_BUSY')
    assert.is(live.server.stats.rooms, 1)
    assert.is(live.server.stats.memberships, 4)
    first!.inbox.length = 0
    fifth!.send({ type: 'publish', id: 3, room: 'full', data: 1 })
    assert.is((await fifth!.next('error')).code, 'E_NOT_JOINED')
    clients[1]!.send({ type: 'publish', room: 'full', data: 2 })
    assert.is((await first!.next('publish')).data, 2)
    assert.equal(first!.inbox, [])
    clients[3]!.send({ type: 'leave', room: 'full' })
    await first!.next('peer-left')
    assert.is((await fifth!.join('full')).peers.length, 3)
  })
})
