import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import type { EngineName } from '../../../core/engine/engine.js'
import {
  type ClientOptions,
  type LiveServer,
  liveServer,
  type RawClient,
  type Received,
  until,
} from '../../live-server.js'
import { type Defer, ENGINES, suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

/** Servers of this process that are one cluster. */
async function servers(
  defer: Defer,
  engine: EngineName,
  count: number,
  config: object = {},
): Promise<LiveServer[]> {
  const bus = [{ use: 'local', options: { exchange: randomUUID() } }]
  const made: LiveServer[] = []
  for (let i = 0; i < count; i++) {
    made.push(await liveServer(defer, engine, { limits: { drainMs: 0 }, ...config, plugins: { bus } }))
  }
  return made
}

/** A client that takes its leave when the test ends, so that no server keeps its session for it. */
async function guest(
  defer: Defer,
  live: LiveServer | undefined,
  options: ClientOptions = {},
): Promise<RawClient> {
  const client = await live!.client(options)
  defer(async () => {
    if (client.socket.readyState !== WebSocket.OPEN) return
    client.send({ type: 'bye' })
    await client.closed
  })
  return client
}

/** Waits until a client has been told of so many others in the room that it has joined. */
async function met(client: RawClient, count: number): Promise<void> {
  const others = () =>
    client.inbox.reduce((sum, { type, peers }) => {
      if (type === 'joined') return sum + (peers as unknown[]).length
      return sum + (type === 'peer-joined' ? 1 : 0)
    }, 0)
  await until(() => others() === count, `${count} others`)
}

const kinds = (client: RawClient, ...types: string[]): Received[] =>
  client.inbox.filter(({ type }) => types.includes(type))

for (const engine of ENGINES) {
  suite(`cluster: clients of several servers (${engine})`, (test) => {
    test('meet in a room, call each other, and part', async (defer) => {
      const [one, two, three] = await servers(defer, engine, 3)
      const [ada, bob, eve] = [await guest(defer, one), await guest(defer, two), await guest(defer, three)]
      for (const client of [ada, bob, eve]) client.send({ type: 'join', id: 1, room: 'a', data: client.id })
      for (const client of [ada, bob, eve]) await met(client, 2)
      const polite = (client: RawClient, id: string) =>
        client.inbox.flatMap(({ peer, peers = [peer] }) => peers ?? []).find((peer) => peer?.id === id).polite
      for (const [x, y] of [
        [ada, bob],
        [bob, eve],
        [eve, ada],
      ] as const) {
        assert.is(polite(x, y.id), !polite(y, x.id))
        assert.ok(JSON.stringify(x.inbox).includes(`"data":"${y.id}"`), 'metadata')
      }
      ada.send({ type: 'offer', id: 2, room: 'a', to: bob.id, data: { sdp: 'offer' } })
      assert.equal(await bob.next('offer'), {
        type: 'offer',
        room: 'a',
        from: ada.id,
        data: { sdp: 'offer' },
      })
      bob.send({ type: 'answer', id: 2, room: 'a', to: ada.id, data: { sdp: 'answer' } })
      assert.equal((await ada.next('answer')).data, { sdp: 'answer' })
      await until(() => kinds(ada, 'ack').some(({ id }) => id === 2), 'the acknowledgement')
      eve.send({ type: 'leave', room: 'a' })
      for (const client of [ada, bob]) assert.is((await client.next('peer-left')).peer.id, eve.id)
      bob.socket.close()
      assert.is((await ada.next('peer-left')).peer.id, bob.id)
    })

    test('a crowd that talks: everybody has everything once, in the order of each sender', async (defer) => {
      const made = await servers(defer, engine, 2)
      const clients: RawClient[] = []
      for (let i = 0; i < 12; i++) clients.push(await guest(defer, made[i % 2]))
      for (const client of clients) client.send({ type: 'join', id: 1, room: 'hall' })
      for (const client of clients) await met(client, clients.length - 1)
      const rounds = 30
      for (let round = 1; round <= rounds; round++) {
        for (const client of clients) {
          client.send({ type: 'publish', id: round + 1, room: 'hall', data: 'x'.repeat(round * 50) + round })
        }
        if (round % 10 === 0) await clients[0]!.settled()
      }
      for (const client of clients) {
        await until(() => kinds(client, 'ack').some(({ id }) => id === rounds + 1), 'all acknowledgements')
      }
      for (const client of clients) {
        await until(() => kinds(client, 'publish').length === rounds * (clients.length - 1), 'everything')
        for (const { id } of clients) {
          if (id === client.id) continue
          const heard = kinds(client, 'publish').filter(({ from }) => from === id)
          assert.equal(
            heard.map(({ data }) => Number(/\d+$/.exec(data)![0])),
            Array.from({ length: rounds }, (_, i) => i + 1),
          )
        }
      }
      assert.is(made[0]!.server.stats.links, 1)
    })

    test('a session goes on at its own server while another one sends to it', async (defer) => {
      const [one, two] = await servers(defer, engine, 2)
      const [ada, bob] = [
        await guest(defer, one, { query: 'room=a' }),
        await guest(defer, two, { query: 'room=a' }),
      ]
      await met(ada, 1)
      await met(bob, 1)
      bob.send({ type: 'publish', id: 1, room: 'a', data: 1 })
      await ada.next('publish')
      await ada.cut(one!.server)
      for (let i = 2; i <= 20; i++) bob.send({ type: 'signal', id: i, room: 'a', to: ada.id, data: i })
      await until(() => kinds(bob, 'ack').some(({ id }) => id === 20), 'all acknowledgements')
      const again = await guest(defer, one, { resume: ada.resume })
      await until(() => kinds(again, 'signal').length === 19, 'what was sent meanwhile')
      assert.equal(
        kinds(again, 'signal').map(({ data }) => data),
        Array.from({ length: 19 }, (_, i) => i + 2),
      )
      assert.equal(kinds(bob, 'peer-left', 'peer-joined').slice(1), [])
    })

    test('a server that stops takes its members along, and the others hear it at once', async (defer) => {
      const [one, two] = await servers(defer, engine, 2, { limits: { drainMs: 0, resumeMs: 0 } })
      const [ada, bob] = [
        await guest(defer, one, { query: 'room=a' }),
        await guest(defer, two, { query: 'room=a' }),
      ]
      await met(ada, 1)
      bob.send({ type: 'publish', id: 1, room: 'a', data: 'last words' })
      await until(() => two!.server.stats.messages.publish === 1, 'the server to take it')
      await Promise.all([two!.server.stop(), bob.closed])
      await ada.next('publish')
      assert.is((await ada.next('peer-left')).peer.id, bob.id)
      assert.equal(
        kinds(bob, 'ack').map(({ id }) => id),
        [1],
      )
    })

    test('after a restart of all, with session files, a session goes on at any of them', async (defer) => {
      const folder = temporaryFolder(defer)
      const exchange = randomUUID()
      const start = async (generation: number, name: string) =>
        liveServer(defer, engine, {
          limits: { drainMs: 0 },
          sessions: { file: join(folder, name) },
          cluster: { name: `${name}${generation}` },
          plugins: { bus: [{ use: 'local', options: { exchange: `${exchange}${generation}` } }] },
        })
      let at = [await start(0, 'one'), await start(0, 'two')] as const
      let [ada, bob] = [
        await guest(defer, at[0], { query: 'room=a' }),
        await guest(defer, at[1], { query: 'room=a' }),
      ]
      await met(ada, 1)
      // The second time Ada's ticket is of a node that was gone before this one began: she didn't come in between.
      for (const generation of [1, 2]) {
        await Promise.all(at.map(({ server }) => server.stop()))
        await Promise.all([ada.closed, bob.closed])
        at = [await start(generation, 'one'), await start(generation, 'two')]
        if (generation === 1) {
          bob = await guest(defer, at[0], { resume: bob.resume })
          assert.equal(
            [at[0].server.stats.resumes, at[0].server.stats.moves],
            [1, 1],
            'where the file was not',
          )
        }
      }
      ada = await guest(defer, at[1], { resume: ada.resume })
      assert.equal([at[1].server.stats.resumes, at[1].server.stats.moves], [1, 1])
      bob = await guest(defer, at[1], { resume: bob.resume })
      ada.send({ type: 'signal', room: 'a', to: bob.id, data: 'still here' })
      assert.is((await bob.next('signal')).data, 'still here')
    })

    test('with a ticket of a server that has ended a client goes on where its session went meanwhile', async (defer) => {
      const [one, two, three] = (await servers(defer, engine, 3)) as [LiveServer, LiveServer, LiveServer]
      const [ada, bob] = [
        await guest(defer, one, { query: 'room=a' }),
        await guest(defer, three, { query: 'room=a' }),
      ]
      await met(ada, 1)
      const { resume } = ada
      const lost = await two.client({ resume })
      assert.is(lost.id, ada.id)
      lost.socket.terminate() // it has read its new ticket; suppose that it hadn't
      await until(() => two.server.stats.detached === 1, 'the server to notice')
      await one.server.stop()
      const again = await guest(defer, three, { resume })
      assert.equal([again.id, three.server.stats.resumes, three.server.stats.moves], [ada.id, 1, 1])
      bob.send({ type: 'signal', room: 'a', to: ada.id, data: 'still here' })
      assert.is((await again.next('signal')).data, 'still here')
      assert.equal(kinds(bob, 'peer-left'), [])
    })

    test('many rooms that come and go at both ends leave nothing behind', async (defer) => {
      const made = await servers(defer, engine, 2)
      const [ada, bob] = [await guest(defer, made[0]), await guest(defer, made[1])]
      for (let i = 0; i < 60; i++) {
        const room = `room ${i % 5}`
        for (const client of i % 2 ? [ada, bob] : [bob, ada]) client.send({ type: 'join', room })
        if (i % 3 === 0) await ada.settled()
        for (const client of i % 2 ? [bob, ada] : [ada, bob]) client.send({ type: 'leave', room })
      }
      await ada.settled()
      await bob.settled()
      for (const client of [ada, bob]) client.inbox.length = 0
      for (const client of [ada, bob]) client.send({ type: 'join', room: 'room 0' })
      for (const client of [ada, bob]) await met(client, 1)
      ada.send({ type: 'signal', room: 'room 0', to: bob.id, data: 1 })
      await bob.next('signal')
      for (const { server } of made) assert.equal([server.stats.rooms, server.stats.memberships], [1, 1])
    })
  })
}
