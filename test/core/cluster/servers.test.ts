import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { type Clock, systemClock } from '../../../core/clock.js'
import type { EngineName } from '../../../core/engine/engine.js'
import { createServer } from '../../../core/server.js'
import { type LiveServer, liveServer, until } from '../../live-server.js'
import { watchedLogger } from '../../log-watch.js'
import { rejection } from '../../rejection.js'
import { type Defer, ENGINES, suite } from '../../suite.js'

const HOUR_MS = 3600_000
const TOKENS = ['ada', 'bob'].map((name) => ({ token: `the token of ${name}...`, name }))

/** Servers of this process that hear each other. */
function neighbours(defer: Defer, engine: EngineName) {
  const bus = [{ use: 'local', options: { exchange: randomUUID() } }]
  return async (name: string, cluster: object = {}, clock?: Clock) => {
    const config = {
      admin: { port: 0 },
      limits: { drainMs: 0 },
      cluster: { name, ...cluster },
      plugins: { bus, auth: [{ use: 'token', options: { tokens: TOKENS } }] },
    }
    const live = await liveServer(defer, engine, config, clock)
    const get = async (path: string) => {
      const response = await fetch(`${live.adminUrl}${path}`)
      return { status: response.status, body: await response.text() }
    }
    const post = async (path: string, body: object) => {
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(`${live.adminUrl}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return response.json() as Promise<Record<string, unknown>>
    }
    return {
      ...live,
      bus,
      get,
      post,
      knows: (nodes: number) => until(() => live.server.stats.nodes === nodes, 'the others'),
    }
  }
}

for (const engine of ENGINES) {
  suite(`servers of a cluster (${engine})`, (test) => {
    test('find each other, count each other, and notice who goes', async (defer) => {
      const start = neighbours(defer, engine)
      const one = await start('one')
      const two = await start('two')
      await one.knows(1)
      await two.knows(1)
      await until(() => one.server.stats.links + two.server.stats.links === 2, 'a link')
      const { body } = await one.get('/metrics')
      assert.match(body, /^signalbox_nodes 1$/m)
      assert.match(body, /^signalbox_links 1$/m)
      assert.equal(await one.get('/readyz'), { status: 200, body: 'ready\n' })
      await two.server.stop()
      await one.knows(0)
    })

    test('clocks an hour apart change nothing: rooms, sessions that move, orders', async (defer) => {
      const start = neighbours(defer, engine)
      const wrong = (ms: number): Clock => ({ ...systemClock, now: () => Date.now() + ms })
      const [one, two] = [await start('one', {}, wrong(HOUR_MS)), await start('two', {}, wrong(-HOUR_MS))]
      await one.knows(1)
      await two.knows(1)
      let ada = await one.client({ token: TOKENS[0]!.token })
      const bob = await two.client({ token: TOKENS[1]!.token })
      await ada.join('kitchen')
      await bob.join('kitchen')
      const [seen, met] = [await ada.next('peer-joined'), await bob.next('peer-joined')]
      assert.is.not(seen.peer.polite, met.peer.polite, 'one of the two is polite')
      for (const to of [two, one]) {
        const back = await to.client({ token: TOKENS[0]!.token, resume: ada.resume })
        assert.is(back.id, ada.id, 'the session has moved')
        ada.socket.terminate()
        ada = back
        bob.send({ type: 'offer', room: 'kitchen', to: ada.id, data: 'still there?' })
        assert.is((await ada.next('offer')).data, 'still there?')
      }
      assert.equal(
        bob.inbox.filter(({ type }) => type.startsWith('peer-')),
        [],
      )
      assert.equal(await two.post('/revoke', { principal: 'ada', seconds: 60 }), { kicked: 1 })
      assert.is((await ada.closed).code, 4504)
      const status = async ({ dial }: LiveServer) => (await dial({ token: TOKENS[0]!.token }).refused).status
      assert.equal([await status(one), await status(two)], [429, 429], 'on both, from now on')
    })

    test('are one to those in a room: who is there, what is said, who leaves', async (defer) => {
      const start = neighbours(defer, engine)
      const [one, two] = [await start('one'), await start('two')]
      await one.knows(1)
      await two.knows(1)
      const [ada, bob] = [
        await one.client({ token: TOKENS[0]!.token }),
        await two.client({ token: TOKENS[1]!.token }),
      ]
      await ada.join('kitchen', { name: 'Ada' })
      await bob.join('kitchen')
      assert.is((await ada.next('peer-joined')).peer.id, bob.id)
      const met = await bob.next('peer-joined')
      assert.equal([met.peer.id, met.peer.data], [ada.id, { name: 'Ada' }])
      bob.send({ type: 'offer', id: 1, room: 'kitchen', to: ada.id, data: { sdp: 'x' } })
      const offer = await ada.next('offer')
      assert.equal([offer.from, offer.data], [bob.id, { sdp: 'x' }])
      while ((await bob.next('ack')).id < 1);
      ada.send({ type: 'publish', id: 1, room: 'kitchen', data: 'hello' })
      assert.is((await bob.next('publish')).data, 'hello')
      ada.send({ type: 'leave', id: 2, room: 'kitchen' })
      assert.is((await bob.next('peer-left')).peer.id, ada.id)
    })

    test('refuse a name that is taken, and say where', async (defer) => {
      const start = neighbours(defer, engine)
      const { bus } = await start('one')
      const second = await createServer(
        { listen: { port: 0 }, admin: false, cluster: { name: 'one' }, plugins: { bus } },
        { logger: watchedLogger(defer) },
      )
      defer(() => second.stop())
      const { message } = await rejection(second.start())
      assert.match(message, /cluster\.name: a node of the name "one" runs already; give each its own/)
    })

    test('an operator of any of them kicks and revokes on all', async (defer) => {
      const start = neighbours(defer, engine)
      const [one, two] = [await start('one'), await start('two')]
      await one.knows(1)
      await two.knows(1)
      const ada = { token: TOKENS[0]!.token, query: 'room=a' }
      const [first, second, bob] = [
        await one.client(ada),
        await two.client(ada),
        await two.client({ ...ada, token: TOKENS[1]!.token }),
      ]
      assert.equal(await one.post('/kick', { peer: second.id, reason: 'spam' }), { kicked: 1 })
      assert.is((await second.closed).code, 4504)
      const third = await two.client(ada)
      assert.equal(await two.post('/revoke', { principal: 'ada', seconds: 600 }), { kicked: 2 })
      for (const { closed } of [first, third]) assert.is((await closed).code, 4504)
      for (const { dial } of [one, two]) assert.is((await dial(ada).refused).status, 429)
      const three = await start('three')
      await until(() => three.server.stats.links > 0, 'a link')
      await until(() => three.server.stats.unconfirmedBytes === 0, 'what there is to know')
      assert.is((await three.dial(ada).refused).status, 429)
      assert.equal(await three.post('/revoke', { principal: 'ada', seconds: 0 }), { kicked: 0 })
      await one.client(ada)
      await bob.settled()
    })

    test('a server whose bus has nobody else on it is alone', async (defer) => {
      const live = await liveServer(defer, engine, {})
      assert.equal([live.server.stats.nodes, live.server.stats.links], [0, 0])
    })
  })
}
