import * as assert from 'uvu/assert'
import { liveServer, until } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

for (const engine of ENGINES) {
  suite(`drain (${engine})`, (test) => {
    test('everybody is told, has a moment, and is closed with 4000; nobody comes in meanwhile', async (defer) => {
      const live = await liveServer(defer, engine, { admin: { port: 0 }, limits: { drainMs: 100 } })
      const clients = await Promise.all(Array.from({ length: 20 }, () => live.client({ query: 'room=a' })))
      const ready = async () => {
        const { status } = await fetch(`${live.adminUrl}/readyz`)
        return status
      }
      assert.is(await ready(), 200)
      const drained = live.server.drain()
      assert.is(await ready(), 503)
      assert.is((await live.dial().refused).status, 503)
      assert.is((await live.dial({ resume: clients[0]!.resume }).refused).status, 503)
      for (const client of clients) {
        const goaway = await client.next('goaway')
        assert.equal(goaway, { type: 'goaway', reason: 'shutdown', afterMs: 250, ticket: null })
        client.send({ type: 'publish', id: 1, room: 'a', data: 'last words' })
      }
      for (const client of clients) {
        assert.is((await client.next('ack')).id, 1)
        assert.is((await client.closed).code, 4000)
      }
      await drained
      assert.is(live.server.stats.peers, 0)
      await live.server.drain()
    })

    test('it is over as soon as everybody has gone', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { drainMs: 3_600_000 } })
      const clients = await Promise.all([live.client(), live.client()])
      const drained = live.server.drain()
      for (const client of clients) {
        await client.next('goaway')
        client.socket.close(4000)
      }
      await drained
      assert.is(live.server.stats.detached, 2)
    })

    test('with drainMs 0, at once', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { drainMs: 0 } })
      const client = await live.client()
      await live.server.drain()
      assert.is((await client.next('goaway')).afterMs, 0)
      assert.is((await client.closed).code, 4000)
    })

    test('over the admin listener, which stays', async (defer) => {
      const live = await liveServer(defer, engine, { admin: { port: 0 } })
      const client = await live.client()
      const headers = { 'Content-Type': 'application/json' }
      const answer = await fetch(`${live.adminUrl}/drain`, { method: 'POST', headers })
      assert.equal(await answer.json(), { draining: true })
      assert.is((await client.next('goaway')).reason, 'shutdown')
      assert.is((await client.closed).code, 4000)
      assert.is((await fetch(`${live.adminUrl}/healthz`)).status, 200)
      assert.is(await (await fetch(`${live.adminUrl}/readyz`)).text(), 'draining\n')
      await until(() => live.server.stats.peers === 0, 'the end of all sessions')
    })

    test('clients that never read are cut off all the same', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { drainMs: 50 } })
      const client = await live.client()
      client.socket.pause()
      await live.server.stop()
      assert.is(live.server.stats.peers, 0)
      client.socket.resume()
    })
  })
}
