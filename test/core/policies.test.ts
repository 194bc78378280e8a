import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { liveServer } from '../live-server.js'
import { type Defer, ENGINES, suite } from '../suite.js'

const moody = fileURLToPath(new URL('../fixtures/moody-policy.js', import.meta.url))

for (const engine of ENGINES) {
  const moodyServer = (defer: Defer, limits: object = {}) =>
    liveServer(defer, engine, { limits, plugins: { policy: [{ use: moody }] } })

  suite(`hub: policies (${engine})`, (test) => {
    test('a policy refuses a join with its own words', async (defer) => {
      const client = await (await moodyServer(defer)).client()
      client.send({ type: 'join', id: 1, room: 'no' })
      assert.equal(await client.next('error'), {
        type: 'error',
        id: 1,
        code: 'E_REFUSED',
        message: 'not today',
      })
      await client.join('yes')
    })

    test('what a policy throws by mistake is not shown', async (defer) => {
      const client = await (await moodyServer(defer)).client()
      client.send({ type: 'join', id: 1, room: 'broken' })
      const { code, message } = await client.next('error')
      assert.is(code, 'E_INTERNAL')
      assert.not.match(message, /secret/)
    })

    test('a join that takes time holds back what follows, in order, and nobody else', async (defer) => {
      const live = await moodyServer(defer)
      const [ada, bob] = [await live.client(), await live.client()]
      await bob.join('slow')
      ada.send({ type: 'join', id: 1, room: 'slow' })
      ada.send({ type: 'publish', id: 2, room: 'slow', data: 'after the join' })
      ada.send({ type: 'join', id: 3, room: 'slow-no' })
      ada.send({ type: 'publish', id: 4, room: 'slow', data: 'last' })
      bob.send({ type: 'publish', room: 'slow', data: 'not held back' })
      assert.is((await bob.next('peer-joined')).peer.id, ada.id)
      assert.is((await bob.next('publish')).data, 'after the join')
      assert.is((await bob.next('publish')).data, 'last')
      assert.equal(await ada.next('error'), {
        type: 'error',
        id: 3,
        code: 'E_REFUSED',
        message: '0 are enough',
      })
      await ada.settled()
      assert.is(ada.inbox.filter(({ type }) => type === 'ack').at(-1)?.id, 4)
    })

    test('a policy that never answers times out', async (defer) => {
      const live = await moodyServer(defer, { handshakeMs: 150 })
      const client = await live.client()
      client.send({ type: 'join', id: 1, room: 'hang' })
      assert.is((await client.next('error')).code, 'E_TIMEOUT')
      await client.join('fine')
    })

    test('a client that goes while a join is decided leaves nothing behind', async (defer) => {
      const live = await moodyServer(defer)
      const [ada, bob] = [await live.client(), await live.client()]
      await bob.join('slow')
      ada.send({ type: 'join', room: 'slow' })
      await ada.settled()
      ada.socket.terminate()
      await new Promise((resolve) => setTimeout(resolve, 120))
      await bob.settled()
      assert.equal(bob.inbox, [])
      assert.is(live.server.stats.memberships, 1)
      assert.is(live.server.stats.peers, 1)
    })

    test('a flood while a join is decided is bounded', async (defer) => {
      const live = await moodyServer(defer)
      const client = await live.client()
      client.send({ type: 'join', room: 'hang' })
      for (let i = 0; i < 3000; i++) client.send('{}')
      const { code } = await client.closed
      assert.is(code, 4006)
    })

    test('a policy watches hot messages, and its refusal reaches nobody', async (defer) => {
      const live = await moodyServer(defer)
      const [ada, bob] = [await live.client(), await live.client()]
      await ada.join('a')
      await bob.join('a')
      ada.send({ type: 'publish', id: 1, room: 'a', data: 'x'.repeat(1000) })
      assert.equal(await ada.next('error'), {
        type: 'error',
        id: 1,
        code: 'E_RATE',
        message: 'publish to 1 in a',
        retryAfterMs: 1500,
      })
      ada.send({ type: 'publish', id: 2, room: 'a', data: 'short' })
      assert.is((await bob.next('publish')).data, 'short')
    })
  })
}
