/** What happens when everything that is fixed at the start has been given out. */

import * as assert from 'uvu/assert'
import type { Admission, Hub } from '../../core/contracts/transport.js'
import { CAPACITY, type EngineName } from '../../core/engine/engine.js'
import { SignalError } from '../../core/errors.js'
import { FakeConnection } from '../contract/fake-connection.js'
import { captured } from '../fixtures/captured-hub.js'
import { liveServer } from '../live-server.js'
import { type Defer, ENGINES, suite } from '../suite.js'

const ASK = { token: undefined, address: '127.0.0.1' }

async function hubOf(defer: Defer, engine: EngineName) {
  const use = new URL('../fixtures/captured-hub.js', import.meta.url).pathname
  const { server } = await liveServer(defer, engine, {
    plugins: { transport: [{ use }] },
    limits: { peers: CAPACITY.peers - 1, roomsPerPeer: CAPACITY.roomsPerPeer },
  })
  return { hub: captured.hub!, stats: server.stats }
}

/** Everything that the client of a fake connection was told since it was last asked. */
function newsOf(connection: FakeConnection): string[] {
  const { messages } = connection
  connection.writes.length = 0
  return messages.map((message) => (message.type === 'error' ? `error ${message.code}` : message.type))
}

async function enter(hub: Hub) {
  const connection = new FakeConnection()
  const peer = (await hub.admit(ASK)).attach(connection)
  const say = async (message: object) => {
    connection.writes.length = 0
    peer.receive(Buffer.from(JSON.stringify(message)))
    await new Promise((resolve) => setImmediate(resolve))
    return newsOf(connection)
  }
  return { connection, peer, say }
}

for (const engine of ENGINES) {
  suite(`exhaustion (${engine})`, (test) => {
    test('all slots taken: E_BUSY, and each that is freed lets one more in', async (defer) => {
      const { hub, stats } = await hubOf(defer, engine)
      const reserved: Admission[] = []
      for (let i = 0; i < CAPACITY.peers - 2; i++) reserved.push(await hub.admit(ASK))
      const last = await enter(hub)
      const refused = async () => {
        const error = await hub.admit(ASK).catch((reason: unknown) => reason)
        assert.instance(error, SignalError)
        assert.is((error as SignalError).code, 'E_BUSY')
      }
      for (let i = 0; i < 3; i++) await refused()
      assert.equal(await last.say({ type: 'join', room: 'a' }), ['joined'], 'who is inside notices nothing')
      reserved.pop()!.discard()
      const late = await enter(hub)
      await refused()
      assert.equal(await late.say({ type: 'join', room: 'a' }), ['joined'])
      assert.is(stats.peers, 2)
      last.peer.gone(1000)
      const latest = await enter(hub)
      assert.is.not(latest.peer.id, last.peer.id)
      await refused()
      for (const admission of reserved) admission.discard()
    }, 60_000)

    test('all rooms taken: E_BUSY for a new one, the others go on, and a room that empties makes place', async (defer) => {
      const { hub, stats } = await hubOf(defer, engine)
      const { roomsPerPeer, rooms } = CAPACITY
      const peers: Awaited<ReturnType<typeof enter>>[] = []
      for (let room = 0; room < rooms; room++) {
        if (room % roomsPerPeer === 0) peers.push(await enter(hub))
        peers.at(-1)!.peer.receive(Buffer.from(`{"type":"join","room":"${room}"}`))
      }
      assert.is(stats.rooms, rooms)
      const late = await enter(hub)
      for (let id = 1; id <= 2; id++) {
        assert.equal(await late.say({ type: 'join', id, room: 'new' }), ['error E_BUSY', 'ack'])
        assert.equal([stats.rooms, stats.memberships], [rooms, rooms])
      }
      assert.equal(await late.say({ type: 'publish', room: 'new', data: 1 }), ['error E_NOT_JOINED'])
      assert.equal(await late.say({ type: 'join', room: '0' }), ['joined'])
      assert.equal(await peers[0]!.say({ type: 'leave', room: '1' }), [])
      assert.equal(await late.say({ type: 'join', room: 'new' }), ['joined'])
      assert.equal(await late.say({ type: 'join', room: 'newer' }), ['error E_BUSY'])
      newsOf(peers[0]!.connection)
      assert.equal(await late.say({ type: 'publish', room: '0', data: 1 }), [])
      assert.equal(newsOf(peers[0]!.connection), ['publish'])
      for (const { peer } of [...peers, late]) peer.gone(1000)
      assert.equal([stats.peers, stats.rooms, stats.memberships], [0, 0, 0])
    }, 60_000)
  })
}
