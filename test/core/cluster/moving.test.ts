import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import type { EngineName } from '../../../core/engine/engine.js'
import { type LiveServer, liveServer, type RawClient, until } from '../../live-server.js'
import { type Defer, ENGINES, suite } from '../../suite.js'

/** Servers of this process that are one cluster, and know each other. */
async function servers(defer: Defer, engine: EngineName, count: number, configs: object[] = []) {
  const bus = [{ use: 'local', options: { exchange: randomUUID() } }]
  const made: LiveServer[] = []
  for (let i = 0; i < count; i++) {
    made.push(await liveServer(defer, engine, { limits: { drainMs: 0 }, ...configs[i], plugins: { bus } }))
  }
  return made as [LiveServer, LiveServer, LiveServer]
}

const others = (client: RawClient): number =>
  client.inbox.filter(({ type }) => type === 'peer-joined').length +
  client.inbox.filter(({ type }) => type === 'joined').flatMap(({ peers }) => peers).length

/** A client in room `a` that sees so many others. */
async function member(live: LiveServer, count: number): Promise<RawClient> {
  const client = await live.client({ query: 'room=a' })
  await until(() => others(client) >= count, `${count} others`)
  return client
}

const heard = (client: RawClient) =>
  client.inbox.filter(({ from }) => from !== undefined).map(({ from, data }) => [from, data])

for (const engine of ENGINES) {
  suite(`sessions that move (${engine})`, (test) => {
    test('cut at one server, resumed at another, while everybody talks: once, in order, and nobody notices', async (defer) => {
      const [one, two, three] = await servers(defer, engine, 3)
      const residents = [await member(one, 0), await member(two, 1), await member(three, 2)]
      const eve = await member(one, 3)
      for (const client of residents) await until(() => others(client) === 3, 'all others')
      eve.send({ type: 'publish', id: 1, room: 'a', data: 'before' })
      await eve.next('ack')
      for (const client of residents) client.inbox.length = 0
      await eve.cut(one.server)
      const ROUNDS = 60
      let id = 0
      let again: RawClient | undefined
      for (let round = 1; round <= ROUNDS; round++) {
        id++
        for (const client of residents) {
          const direct = round % 3 === 0 ? { type: 'offer', to: eve.id } : { type: 'publish' }
          client.send({ ...direct, id, room: 'a', data: round })
        }
        if (round === 20) again = two.dial({ resume: eve.resume })
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      const welcome = await again!.next('welcome')
      assert.equal([welcome.session.resumed, welcome.peer, welcome.session.lastId], [true, eve.id, 1])
      for (const client of residents) {
        await until(() => client.inbox.some((one) => one.type === 'ack' && one.id === id), 'all acknowledged')
      }
      again!.send({ type: 'publish', id: 1, room: 'a', data: 'a duplicate' })
      again!.send({ type: 'publish', id: 2, room: 'a', data: 'after' })
      for (const client of residents) {
        await until(() => heard(client).some(([, data]) => data === 'after'), 'what eve says')
        assert.equal(
          heard(client).filter(([from]) => from === eve.id),
          [[eve.id, 'after']],
        )
        const presence = client.inbox.filter(
          ({ type }) => /^peer-(left|joined)$/.test(type) || type === 'error',
        )
        assert.equal(presence, [], 'nobody left, came or was refused')
      }
      await until(() => heard(again!).length === 3 * ROUNDS, 'all that was sent')
      for (const { id: from } of residents) {
        const numbers = heard(again!).flatMap(([by, data]) => (by === from ? [data] : []))
        assert.equal(
          numbers,
          Array.from({ length: ROUNDS }, (_, i) => i + 1),
        )
      }
      assert.equal([one.server.stats.peers, two.server.stats.peers], [1, 2])
      assert.equal([two.server.stats.resumes, two.server.stats.detached], [1, 0])
    })

    test('a server that drains sends 200 clients to another one, which they reach without a flap', async (defer) => {
      const url = 'wss://two.example/signal'
      const [one, two, three] = await servers(defer, engine, 3, [
        { limits: { drainMs: 300 } },
        { cluster: { url } },
      ])
      const watcher = await member(three, 0)
      const clients = await Promise.all(Array.from({ length: 200 }, () => one.client({ query: 'room=a' })))
      await until(() => others(watcher) === 200, 'all of them')
      await until(() => clients.every((client) => others(client) === 200), 'each other')
      watcher.inbox.length = 0
      const drained = one.server.drain()
      const moved = await Promise.all(
        clients.map(async (client) => {
          const goaway = await client.next('goaway')
          assert.equal(goaway, { type: 'goaway', reason: 'shutdown', afterMs: 250, url })
          client.socket.close(4000)
          const again = two.dial({ resume: client.resume })
          const { session, peer } = await again.next('welcome')
          assert.equal([session.resumed, peer], [true, client.id])
          return again
        }),
      )
      await drained
      assert.equal([one.server.stats.peers, two.server.stats.peers], [0, 200])
      moved[0]!.send({ type: 'publish', id: 1, room: 'a', data: 'here' })
      await until(() => heard(watcher).length === 1, 'what one of them says')
      assert.equal(
        watcher.inbox.filter(({ type }) => type.startsWith('peer-')),
        [],
        'nobody noticed',
      )
      for (const client of moved) {
        assert.equal(
          client.inbox.filter(({ type }) => type.startsWith('peer-')),
          [],
        )
      }
    }, 60_000)

    test('without addresses the ticket holds all the same; sessions that nobody fetches end with the server', async (defer) => {
      const [one, two] = await servers(defer, engine, 2)
      const [ada, bob] = [await member(one, 0), await member(one, 1)]
      const watcher = await member(two, 2)
      watcher.inbox.length = 0
      const stopped = one.server.stop()
      for (const client of [ada, bob]) {
        assert.equal(await client.next('goaway'), { type: 'goaway', reason: 'shutdown', afterMs: 0 })
      }
      const again = two.dial({ resume: ada.resume })
      assert.is((await again.next('welcome')).session.resumed, true)
      await stopped
      assert.is((await watcher.next('peer-left')).peer.id, bob.id)
      const late = two.dial({ resume: bob.resume })
      assert.is((await late.next('welcome')).session.resumed, false, 'told at once')
      assert.is((await late.next('error')).code, 'E_RESUME')
      assert.equal(
        watcher.inbox.filter(({ type }) => type === 'peer-left'),
        [],
      )
    })
  })
}
