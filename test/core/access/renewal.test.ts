import { createHmac } from 'node:crypto'
import * as assert from 'uvu/assert'
import { RESUME_PREFIX, SUBPROTOCOL } from '../../../core/protocol.js'
import { liveServer, type RawClient } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

const SECRET = 'a secret of at least 32 bytes, no less'

/** A token, made by hand: valid for `seconds` from now. */
function tokenFor(sub: string, signalbox: object, seconds = 600, secret = SECRET): string {
  const claims = { sub, signalbox, exp: Date.now() / 1000 + seconds }
  const body = [{ alg: 'HS256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}

const CONFIG = {
  plugins: { auth: [{ use: 'jwt', options: { secret: SECRET, clockToleranceSeconds: 0 } }] },
}

let id = 0
/** Presents a token in-band; resolves to the code of the refusal, or to nothing. */
async function renew(client: RawClient, token: unknown, own = ++id): Promise<string | undefined> {
  client.send({ type: 'auth', id: own, data: { token } })
  for (;;) {
    const found = client.inbox.find((one) => one.type === 'error' || (one.type === 'ack' && one.id === own))
    if (found) {
      client.inbox.splice(client.inbox.indexOf(found), 1)
      return found.type === 'ack' ? undefined : found.code
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

for (const engine of ENGINES) {
  suite(`renewal (${engine})`, (test) => {
    test('a session lives on with the newer token; without one it ends with 4502 when its time is over', async (defer) => {
      const live = await liveServer(defer, engine, CONFIG)
      const first = tokenFor('ada', {}, 1.2)
      const [ada, late] = [await live.client({ token: first }), await live.client({ token: first })]
      assert.is(await renew(ada, tokenFor('ada', {}), 1), undefined)
      const before = Date.now()
      assert.is((await late.closed).code, 4502)
      assert.ok(Date.now() - before < 4000, 'within a second, and what a busy machine takes')
      assert.equal((await ada.join('a')).peers, [])
    })

    test('grants change at once: rights, rooms, and what may be joined', async (defer) => {
      const live = await liveServer(defer, engine, CONFIG)
      const ada = await live.client({ token: tokenFor('ada', {}) })
      const bob = await live.client({ token: tokenFor('bob', {}) })
      for (const room of ['a', 'b']) {
        await ada.join(room)
        await bob.join(room)
      }
      ada.send({ type: 'publish', room: 'a', data: 1 })
      await bob.next('publish')
      assert.is(await renew(ada, tokenFor('ada', { rooms: ['a'], publish: false }), 1), undefined)
      assert.is((await ada.next('kicked')).room, 'b')
      assert.equal((await bob.next('peer-left')).peer, { id: ada.id })
      ada.send({ type: 'publish', room: 'a', data: 2 })
      assert.is((await ada.next('error')).code, 'E_FORBIDDEN')
      ada.send({ type: 'signal', room: 'a', to: bob.id, data: 3 })
      assert.is((await bob.next('signal')).data, 3)
      ada.send({ type: 'join', room: 'b' })
      assert.is((await ada.next('error')).code, 'E_FORBIDDEN')
    })

    test('what follows the token in the same breath is judged by the new grants, in order', async (defer) => {
      const live = await liveServer(defer, engine, CONFIG)
      const ada = await live.client({ token: tokenFor('ada', { publish: false }) })
      const bob = await live.client({ token: tokenFor('bob', {}) })
      await ada.join('a')
      await bob.join('a')
      ada.send({ type: 'auth', id: 1, data: { token: tokenFor('ada', {}) } })
      ada.send({ type: 'publish', id: 2, room: 'a', data: 'now' })
      assert.is((await bob.next('publish')).data, 'now')
      assert.is((await ada.next('ack')).id, 2)
    })

    test('what is no good changes nothing, and gets one answer', async (defer) => {
      const live = await liveServer(defer, engine, CONFIG)
      const good = tokenFor('ada', {})
      const cases: [unknown, string][] = [
        [good.slice(0, -3), 'E_AUTH'],
        [tokenFor('ada', {}, 600, 'another secret of at least 32 bytes'), 'E_AUTH'],
        [tokenFor('ada', {}, -1), 'E_AUTH'],
        [tokenFor('eve', {}), 'E_AUTH'],
        ['x'.repeat(9000), 'E_AUTH'],
        ['', 'E_AUTH'],
        [7, 'E_FIELD'],
      ]
      for (const [token, code] of cases) {
        const client = await live.client({ token: good })
        assert.is(await renew(client, token, 1), code, String(token).slice(0, 40))
        await client.join('a')
        client.send({ type: 'bye' })
        await client.closed
      }
    })

    test('whoever resumes with another token goes on with its grants', async (defer) => {
      const live = await liveServer(defer, engine, CONFIG)
      const bob = await live.client({ token: tokenFor('bob', {}) })
      await bob.join('b')
      const ada = live.dial({ token: tokenFor('ada', {}) })
      const { ticket } = (await ada.next('welcome')).session
      for (const room of ['a', 'b']) await ada.join(room)
      ada.socket.terminate()
      const back = live.dial({
        token: tokenFor('ada', { rooms: ['a'], publish: false }),
        protocols: [SUBPROTOCOL, `${RESUME_PREFIX}${ticket}.2`],
      })
      assert.is((await back.next('welcome')).session.resumed, true)
      assert.is((await back.next('kicked')).room, 'b')
      assert.is((await bob.next('peer-left')).peer.id, ada.id)
      back.send({ type: 'publish', room: 'a', data: 1 })
      assert.is((await back.next('error')).code, 'E_FORBIDDEN')
    })

    test('attempts are paced', async (defer) => {
      const live = await liveServer(defer, engine, CONFIG)
      const ada = await live.client({ token: tokenFor('ada', {}) })
      assert.is(await renew(ada, 'nonsense', 1), 'E_AUTH')
      ada.send({ type: 'auth', id: 2, data: { token: tokenFor('ada', {}) } })
      const refused = await ada.next('error')
      assert.is(refused.code, 'E_RATE')
      assert.ok(refused.retryAfterMs > 0 && refused.retryAfterMs <= 1000)
    })

    test('a message without data, or with other data, is refused and nothing else', async (defer) => {
      const live = await liveServer(defer, engine, CONFIG)
      const ada = await live.client({ token: tokenFor('ada', {}) })
      for (const data of [undefined, null, 'token', [], { __proto__: { token: 'x' } }, { Token: 'x' }]) {
        ada.send({ type: 'auth', data })
        assert.is((await ada.next('error')).code, 'E_FIELD')
      }
    })
  })
}
