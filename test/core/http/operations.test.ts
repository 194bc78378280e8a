import * as assert from 'uvu/assert'
import type { EngineName } from '../../../core/engine/engine.js'
import { liveServer } from '../../live-server.js'
import { type Defer, ENGINES, suite } from '../../suite.js'

const ADMIN = 'a token for the operators'
const TOKENS = ['ada', 'bob'].map((name) => ({ token: `the token of ${name}...`, name }))

async function house(defer: Defer, engine: EngineName) {
  const live = await liveServer(defer, engine, {
    admin: { port: 0, token: ADMIN },
    plugins: { auth: [{ use: 'token', options: { tokens: TOKENS } }] },
  })
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${live.adminUrl}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ADMIN}`, 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { live, post, enter: (i: number) => live.client({ token: TOKENS[i]!.token, query: 'room=a' }) }
}

for (const engine of ENGINES) {
  suite(`operations (${engine})`, (test) => {
    test('kick ends one peer, or all sessions of a principal, and says why', async (defer) => {
      const { post, enter } = await house(defer, engine)
      const [ada, again, bob] = [await enter(0), await enter(0), await enter(1)]
      assert.equal(await post('/kick', { peer: ada.id, reason: 'spam' }), {
        status: 200,
        body: { kicked: 1 },
      })
      const error = await ada.next('error')
      assert.is(error.code, 'E_KICKED')
      assert.match(error.message, /spam/)
      assert.is((await ada.closed).code, 4504)
      assert.is((await bob.next('peer-left')).peer.id, ada.id)
      const back = await enter(0)
      assert.equal((await post('/kick', { principal: 'ada' })).body, { kicked: 2 })
      for (const one of [again, back]) assert.is((await one.closed).code, 4504)
      assert.equal((await post('/kick', { principal: 'ada' })).body, { kicked: 0 })
      await bob.settled()
    })

    test('revoke ends them too, and keeps the principal out until it is lifted', async (defer) => {
      const { live, post, enter } = await house(defer, engine)
      const ada = await enter(0)
      assert.equal((await post('/revoke', { principal: 'ada', seconds: 600 })).body, { kicked: 1 })
      assert.is((await ada.closed).code, 4504)
      const { status, body } = await live.dial({ token: TOKENS[0]!.token }).refused
      assert.equal([status, JSON.parse(body).code], [429, 'E_BANNED'])
      await enter(1)
      await post('/revoke', { principal: 'ada', seconds: 0 })
      await enter(0)
    })

    test('only for operators, only by POST, only what makes sense', async (defer) => {
      const { live, post, enter } = await house(defer, engine)
      const ada = await enter(0)
      assert.is((await post('/kick', { principal: 'ada' }, { Authorization: 'Bearer no' })).status, 401)
      const get = await fetch(`${live.adminUrl}/kick`, { headers: { Authorization: `Bearer ${ADMIN}` } })
      assert.equal([get.status, get.headers.get('allow')], [405, 'POST'])
      for (const [path, body, type] of [
        ['/kick', { principal: 'ada' }, 'text/plain'],
        ['/kick', '{', undefined],
        ['/kick', {}, undefined],
        ['/kick', { peer: ada.id, principal: 'ada' }, undefined],
        ['/kick', { prinzipal: 'ada' }, undefined],
        ['/kick', { principal: 7 }, undefined],
        ['/kick', [], undefined],
        ['/kick', 'x'.repeat(20_000), undefined],
        ['/revoke', { principal: 'ada' }, undefined],
        ['/revoke', { principal: 'ada', seconds: -1 }, undefined],
        ['/revoke', { principal: 'ada', seconds: 1e9 }, undefined],
      ] as const) {
        const answer = await post(path, body, type === undefined ? {} : { 'Content-Type': type })
        assert.equal([answer.status, answer.body.code], [400, 'E_BODY'], JSON.stringify(body).slice(0, 60))
      }
      await ada.settled()
      assert.is(live.server.stats.peers, 1)
    })
  })
}
