import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { CoarseClock } from '../../../core/coarse-clock.js'
import type { MessageContext, Policy } from '../../../core/contracts/policy.js'
import type { Engine } from '../../../core/engine/engine.js'
import { SignalError } from '../../../core/errors.js'
import { Policies } from '../../../core/hub/policies.js'
import { KINDS } from '../../../core/protocol.js'
import { capturedLogger } from '../../captured-logger.js'
import { FakeClock } from '../../contract/fake-clock.js'
import { liveServer } from '../../live-server.js'
import { makeSession } from '../../make-session.js'
import { type Defer, ENGINES, suite } from '../../suite.js'

const moody = fileURLToPath(new URL('../../fixtures/moody-policy.js', import.meta.url))

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
      ada.socket.close()
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

    test('messages that the hub itself handles are watched too', async (defer) => {
      const ada = await (await moodyServer(defer)).client({ query: 'room=a' })
      await ada.next('joined')
      const data = 'x'.repeat(1000)
      for (const [type, room] of [
        ['update', 'a'],
        ['stats', 'a'],
        ['leave', 'nowhere'],
      ]) {
        ada.send({ type, room, data })
        assert.is((await ada.next('error')).message, `${type} to 0 in ${room}`)
      }
      ada.send({ type: 'ack', seen: 0, data })
      assert.is((await ada.next('error')).message, 'ack to 0 in ')
      ada.send({ type: 'bye', data })
      assert.is((await ada.closed).code, 1000, 'nobody is kept from going')
    })

    test('a policy changes, drops and refuses what is relayed', async (defer) => {
      const live = await moodyServer(defer)
      const [ada, bob] = [await live.client({ query: 'room=a' }), await live.client()]
      await bob.join('a')
      const tell = (id: number, data: unknown) =>
        ada.send({ type: 'signal', id, room: 'a', to: bob.id, data })
      for (const [i, data] of ['change', 'drop', 'no', 'broken', 'as it is'].entries()) tell(i + 1, data)
      const from = { type: 'signal', room: 'a', from: ada.id }
      assert.equal(await bob.next('signal'), { ...from, data: ['signal', 1, 'ключ\n'] })
      assert.equal(await bob.next('signal'), { ...from, data: 'as it is' })
      await ada.settled()
      const errors = ada.inbox.filter(({ type }) => type === 'error').map(({ id, code }) => [id, code])
      assert.equal(errors, [
        [3, 'E_REFUSED'],
        [4, 'E_INTERNAL'],
      ])
      assert.is(ada.inbox.filter(({ type }) => type === 'ack').at(-1)?.id, 5, 'dropped, yet dealt with')
    })

    test('a code that ends a connection ends it, after the error', async (defer) => {
      const live = await moodyServer(defer)
      const [ada, bob] = [await live.client({ query: 'room=a' }), await live.client()]
      await bob.join('a')
      await ada.next('peer-joined')
      ada.send({ type: 'publish', room: 'a', data: 'x'.repeat(2000) })
      assert.is((await ada.next('error')).code, 'E_BANNED')
      assert.equal(await ada.closed, { code: 4505, reason: 'far too much' })
      assert.is((await bob.next('peer-left')).peer.id, ada.id)
      assert.is(live.server.stats.peers, 1)
    })

    test('a policy that is told of a refusal may have had enough', async (defer) => {
      const live = await moodyServer(defer)
      const ada = await live.client()
      ada.send('{"type":"join","room":""}')
      assert.is((await ada.next('error')).code, 'E_ROOM_NAME')
      assert.is((await ada.next('error')).code, 'E_FLOOD')
      assert.is((await ada.closed).code, 4007)
      const byUrl = await live.client({ query: 'room=' })
      assert.is((await byUrl.closed).code, 4007, 'also before anything was sent')
      while (live.server.stats.peers > 0) await new Promise((resolve) => setImmediate(resolve))
    })
  })
}

function setUp(...policies: Policy[]) {
  const { logger, lines } = capturedLogger()
  const clock = new FakeClock()
  const { session } = makeSession(7)
  const engine = { roomName: 'kitchen' } as Engine
  return {
    policies: new Policies(policies, { engine, clock: new CoarseClock(clock), logger }),
    clock,
    lines,
    session,
  }
}

const throws = (error: unknown) => (): never => {
  throw error
}

suite('policies', (test) => {
  test('nobody who watches: nothing to ask', () => {
    const { policies } = setUp({ onJoin() {} })
    assert.not(policies.watchesMessages)
    assert.not(policies.watchesData(KINDS.offer))
    assert.equal(policies.figures, {})
    assert.is(policies.refused('E_JSON', '192.0.2.7'), undefined)
  })

  test('a message comes in one object, with everything about it, and takes the room along only when asked', () => {
    const seen: unknown[] = []
    let context: MessageContext | undefined
    const { policies, clock, session } = setUp({
      onMessage(message) {
        assert.is(context ?? message, message, 'always the same object')
        context = message
        const { peer, slot, kind, room, roomNumber, lengthBytes, recipients, now } = message
        seen.push([peer, slot, kind, room, roomNumber, lengthBytes, recipients, now])
      },
    })
    clock.advance(500)
    assert.is(policies.message(session, KINDS.publish, 3, 100, 9), undefined)
    assert.is(policies.message(session, KINDS.ack, -1, 30, 0), undefined)
    assert.equal(seen, [
      [session.id, 7, 'publish', 'kitchen', 3, 100, 9, 500],
      [session.id, 7, 'ack', '', -1, 30, 0, 500],
    ])
  })

  test('the first refusal of a message decides; a mistake is logged and not shown', () => {
    const rate = new SignalError('E_RATE', 'slow down', 5)
    let asked = 0
    const { policies, session } = setUp({ onMessage: throws(rate) }, { onMessage: () => void asked++ })
    assert.is(policies.message(session, KINDS.publish, 0, 1, 1), rate)
    assert.is(asked, 0)
    const broken = setUp({ onMessage: throws(new Error('hunter2')) })
    assert.is(broken.policies.message(session, KINDS.publish, 0, 1, 1)?.code, 'E_INTERNAL')
    assert.match(JSON.stringify(broken.lines), /hunter2/)
  })

  test('payloads go from policy to policy, of the kinds that each asks for', () => {
    const add = (what: string, ...dataKinds: ('offer' | 'answer')[]): Policy => ({
      dataKinds,
      onData: (_context, data) => data + what,
    })
    const { policies } = setUp(add('a', 'offer'), add('b', 'offer', 'answer'), { onData: () => null })
    assert.ok(policies.watchesMessages, 'the context is that of the message')
    assert.equal([policies.watchesData(KINDS.offer), policies.watchesData(KINDS.candidate)], [true, false])
    assert.equal([policies.data(KINDS.offer, ''), policies.data(KINDS.answer, '')], ['ab', 'b'])
    let asked = 0
    const dropping = setUp({ dataKinds: ['offer'], onData: () => null }, add('c', 'offer'), {
      dataKinds: ['offer'],
      onData: () => String(asked++),
    })
    assert.equal([dropping.policies.data(KINDS.offer, ''), asked], [null, 0])
  })

  test('figures of all policies are read when somebody looks', () => {
    let level = 0
    const { policies } = setUp({ figures: () => ({ a_level: level }) }, {}, { figures: () => ({ b: 7 }) })
    level = 3
    assert.equal(policies.figures, { a_level: 3, b: 7 })
  })

  test('everybody is told of refusals and goodbyes, whoever throws', () => {
    const told: unknown[] = []
    const { policies, lines } = setUp(
      { onRefused: throws(new SignalError('E_FLOOD')), onDisconnect: throws(new Error('oops')) },
      {
        onRefused: ({ code, slot }) => void told.push([code, slot]),
        onDisconnect: (slot) => void told.push(slot),
      },
    )
    assert.is(policies.refused('E_JSON', '192.0.2.7', 4)?.code, 'E_FLOOD')
    policies.refused('E_AUTH', '192.0.2.7')
    policies.disconnected(4)
    assert.equal(told, [['E_JSON', 4], ['E_AUTH', -1], 4])
    assert.is(lines.length, 1)
  })
})
