import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { SUBPROTOCOL } from '../../../core/protocol.js'
import { openGate, waitingAtGate } from '../../fixtures/moody-policy.js'
import { type LiveServer, liveServer, type RawClient, type Received, until } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

const moody = fileURLToPath(new URL('../../fixtures/moody-policy.js', import.meta.url))
const TOKENS = ['a-token-of-ada-0000001', 'a-token-of-eve-0000001'] as const
const withTokens = (limits: object = {}) => ({
  limits,
  plugins: {
    auth: [{ use: 'token', options: { tokens: TOKENS.map((token, i) => ({ token, name: `kiosk ${i}` })) } }],
  },
})

/** Everything that a client has received by now, `welcome` included. */
async function received(client: RawClient): Promise<Received[]> {
  await client.settled()
  return client.inbox.splice(0)
}

const types = (messages: readonly Received[]) => messages.map(({ type }) => type)
const data = (messages: readonly Received[]) =>
  messages.filter(({ type }) => type === 'publish').map((message) => message.data)

/** Two members of room `a`, with nothing left in their inboxes. */
async function pair(live: LiveServer): Promise<[RawClient, RawClient]> {
  const [ada, bob] = [await live.client(), await live.client()]
  await ada.join('a')
  await bob.join('a')
  await ada.next('peer-joined')
  return [ada, bob]
}

/** Resumes and insists on it. */
async function resumed(live: LiveServer, client: RawClient): Promise<RawClient> {
  const again = live.dial({ resume: client.resume })
  const welcome = await again.next('welcome')
  assert.equal([welcome.session.resumed, welcome.peer], [true, client.id])
  assert.is.not(welcome.session.ticket, client.ticket)
  return again
}

for (const engine of ENGINES) {
  suite(`resume (${engine})`, (test) => {
    test('what a client missed comes in order and once, and the others notice nothing', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      ada.send({ type: 'publish', room: 'a', data: 0 })
      await bob.next('publish')
      await bob.cut(live.server)
      for (let i = 1; i <= 50; i++) ada.send({ type: 'publish', room: 'a', data: i })
      ada.send({ type: 'offer', room: 'a', to: bob.id, data: 'direct' })
      await ada.settled()
      const again = await resumed(live, bob)
      ada.send({ type: 'publish', room: 'a', data: 51 })
      const offer = await again.next('offer')
      assert.equal([offer.from, offer.data], [ada.id, 'direct'])
      await until(() => again.seen === 54, 'the last frame')
      assert.equal(
        data(again.inbox),
        Array.from({ length: 51 }, (_, i) => i + 1),
      )
      assert.equal(ada.inbox, [], 'no peer-left, no peer-joined')
      assert.equal([live.server.stats.resumes, live.server.stats.replayed], [1, 51])
      assert.equal([live.server.stats.peers, live.server.stats.detached], [2, 0])
      again.send({ type: 'publish', room: 'a', data: 'and back' })
      assert.is((await ada.next('publish')).from, bob.id)
    })

    test('presence that changed meanwhile is told; metadata and memberships are as they were', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      bob.send({ type: 'update', room: 'a', data: 'the name of Bob' })
      await ada.next('peer-updated')
      await bob.cut(live.server)
      const cyd = await live.client({ query: 'room=a' })
      const { peers } = await cyd.next('joined')
      assert.equal(
        peers.map((peer: { data: unknown }) => peer.data),
        [null, 'the name of Bob'],
      )
      ada.send({ type: 'leave', room: 'a' })
      await cyd.next('peer-left')
      const again = await resumed(live, bob)
      assert.is((await again.next('peer-joined')).peer.id, cyd.id)
      assert.is((await again.next('peer-left')).peer.id, ada.id)
    })

    test('an idle client resumes too, again and again', async (defer) => {
      const live = await liveServer(defer, engine)
      let client = await live.client()
      for (let i = 1; i <= 5; i++) {
        await client.cut(live.server)
        client = await resumed(live, client)
        assert.equal(types(await received(client)), [], 'nothing but welcome')
      }
      assert.is(live.server.stats.resumes, 5)
    })

    test('messages: lastId says where to go on, what is sent again is dropped once', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      for (const id of [1, 2, 3]) bob.send({ type: 'publish', id, room: 'a', data: id })
      await received(bob)
      await bob.cut(live.server)
      const again = live.dial({ resume: bob.resume })
      assert.is((await again.next('welcome')).session.lastId, 3)
      assert.is((await again.next('ack')).id, 3)
      for (const id of [2, 3, 4]) again.send({ type: 'publish', id, room: 'a', data: id })
      await again.settled()
      again.send({ type: 'publish', id: 6, room: 'a', data: 6 })
      assert.is((await again.next('error')).code, 'E_ORDER')
      assert.equal(data(await received(ada)), [1, 2, 3, 4])
    })

    test('a refusal that was lost with the socket is told again, before the acknowledgement', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      bob.socket.pause()
      bob.send({ type: 'publish', id: 1, room: 'a', data: 1 })
      bob.send({ type: 'offer', id: 2, room: 'a', to: 'AAAAAAAAAAAAAAAA', data: 1 })
      bob.send({ type: 'publish', id: 3, room: 'a', data: 3 })
      await ada.next('publish')
      assert.is((await ada.next('publish')).data, 3)
      await bob.cut(live.server)
      ada.send({ type: 'publish', room: 'a', data: 'missed' })
      await ada.settled()
      const again = live.dial({ resume: bob.resume })
      await until(() => again.seen === 2, 'what was missed')
      assert.equal(
        again.inbox.map(({ type, id, code }) => [type, id, code]),
        [
          ['welcome', undefined, undefined],
          ['error', 2, 'E_NO_PEER'],
          ['ack', 3, undefined],
          ['publish', undefined, undefined],
        ],
      )
      // The frame after it has arrived, and so has the refusal.
      again.send({ type: 'ack', seen: again.seen })
      await again.settled()
      await again.cut(live.server)
      assert.equal(types(await received(await resumed(live, again))), ['ack'])
    })

    test('a session that is still connected is taken over; its old socket gets 4503', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      bob.socket.pause()
      ada.send({ type: 'publish', room: 'a', data: 'on its way' })
      await ada.settled()
      const again = await resumed(live, bob)
      assert.is((await again.next('publish')).data, 'on its way')
      bob.send({ type: 'publish', room: 'a', data: 'from the old socket' })
      bob.socket.resume()
      assert.is((await bob.closed).code, 4503)
      again.send({ type: 'publish', room: 'a', data: 'from the new one' })
      assert.is((await ada.next('publish')).data, 'from the new one')
      assert.equal([ada.inbox, live.server.stats.peers, live.server.stats.refused.E_TAKEN_OVER], [[], 2, 1])
    })

    test('two sockets with one ticket: the last one goes on, the other is told; once that was heard, the ticket is void', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      await bob.cut(live.server)
      const first = live.dial({ resume: bob.resume })
      assert.ok((await first.next('welcome')).session.resumed)
      const second = await resumed(live, bob)
      assert.is((await first.closed).code, 4503)
      second.send({ type: 'publish', room: 'a', data: 'still here' })
      assert.is((await ada.next('publish')).from, bob.id)
      const third = live.dial({ resume: bob.resume })
      assert.not((await third.next('welcome')).session.resumed)
      assert.is((await third.next('error')).code, 'E_RESUME')
      assert.is.not(third.id, bob.id)
      assert.equal([ada.inbox, live.server.stats.refused.E_TAKEN_OVER], [[], 1])
    })

    test('a socket that is lost before its welcome arrived does not cost the session', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      await bob.cut(live.server)
      for (let i = 0; i < 3; i++) {
        const attempt = live.dial({ resume: bob.resume })
        await attempt.next('welcome')
        await attempt.cut(live.server)
      }
      const again = await resumed(live, bob)
      again.send({ type: 'ack', seen: again.seen })
      await again.settled()
      const reuser = live.dial({ resume: bob.resume })
      assert.is((await reuser.next('welcome')).session.resumed, false)
      assert.equal(ada.inbox, [])
    })

    test('bad tickets: a new session and E_RESUME for all of them, and nothing changes for anyone else', async (defer) => {
      const live = await liveServer(defer, engine, withTokens())
      const [ada, bob] = [await live.client({ token: TOKENS[0] }), await live.client({ token: TOKENS[0] })]
      for (const client of [ada, bob]) await client.join('a')
      await ada.next('peer-joined')
      const { ticket } = ada
      const spent = (await live.client({ token: TOKENS[0] })) as RawClient
      await spent.cut(live.server)
      const onward = live.dial({ token: TOKENS[0], resume: spent.resume })
      await onward.next('welcome')
      onward.send({ type: 'ack', seen: 0 })
      await onward.settled()
      const answers: object[] = []
      for (const [token, resume] of [
        [TOKENS[0], `${'A'.repeat(32)}.0`], // forged
        [TOKENS[0], spent.resume], // reused
        [TOKENS[1], `${ticket}.2`], // somebody else's
        [TOKENS[0], ticket], // no seen
        [TOKENS[0], `${ticket}.`],
        [TOKENS[0], `${ticket}.3`], // beyond what was sent
        [TOKENS[0], `${ticket}.-1`],
        [TOKENS[0], `${ticket}.9007199254740993`], // 2^53 + 1
        [TOKENS[0], `${ticket}.NaN`],
        [TOKENS[0], `${ticket}.1e999`],
        [TOKENS[0], `${ticket}.1.5`],
        [TOKENS[0], `${ticket}.0x1`],
        [TOKENS[0], `${ticket}.99999999999999999999`],
        [TOKENS[0], '.0'],
        [TOKENS[0], ''],
        [TOKENS[0], 'x'.repeat(4000)],
      ] as const) {
        const client = live.dial({ token, resume })
        const welcome = await client.next('welcome')
        assert.equal([welcome.session.resumed, welcome.session.lastId], [false, 0], resume)
        assert.is.not(welcome.peer, ada.id, resume)
        answers.push(await client.next('error'))
        assert.equal((await client.join('b')).peers, [], 'a session like any other')
        client.socket.close()
        await client.closed
      }
      for (const answer of answers) {
        assert.equal(answer, {
          type: 'error',
          code: 'E_RESUME',
          message: 'your session could not be resumed; this is a new one',
        })
      }
      ada.send({ type: 'publish', room: 'a', data: 'undisturbed' })
      assert.is((await bob.next('publish')).data, 'undisturbed')
      assert.equal(ada.inbox, [])
      const again = live.dial({ token: TOKENS[0], resume: ada.resume })
      assert.ok((await again.next('welcome')).session.resumed, 'the ticket is still good')
      assert.is(live.server.stats.refused.E_RESUME, answers.length)
    })

    test('after resumeMs a ticket is worth nothing, and the others have heard one peer-left', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { resumeMs: 200 } })
      const [ada, bob] = await pair(live)
      await bob.cut(live.server)
      assert.is((await ada.next('peer-left')).peer.id, bob.id)
      const late = live.dial({ resume: bob.resume })
      assert.is((await late.next('welcome')).session.resumed, false)
      assert.equal(ada.inbox, [])
      assert.equal([live.server.stats.peers, live.server.stats.detached], [2, 0])
    })

    test('a session that is kept more than it may end at once: by frames and by bytes', async (defer) => {
      for (const limits of [{ replayFrames: 10 }, { replayBytes: 2000 }]) {
        const live = await liveServer(defer, engine, { limits })
        const [ada, bob] = await pair(live)
        await bob.cut(live.server)
        for (let i = 0; i < 10; i++) ada.send({ type: 'publish', room: 'a', data: 'x'.repeat(100) })
        await ada.settled()
        assert.equal(ada.inbox, [], 'within the bounds')
        const again = await resumed(live, bob)
        await until(() => again.seen === 11, 'all ten')
        await again.cut(live.server)
        for (let i = 0; i < 30; i++) ada.send({ type: 'publish', room: 'a', data: 'x'.repeat(100) })
        assert.is((await ada.next('peer-left')).peer.id, bob.id)
        const late = live.dial({ resume: again.resume })
        assert.is((await late.next('welcome')).session.resumed, false)
        assert.is((await late.next('error')).code, 'E_RESUME')
      }
    })

    test('a gap that opened while the client was connected can not be closed, and is told', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { replayFrames: 10 } })
      const [ada, bob] = await pair(live)
      const { resume } = bob
      for (let i = 0; i < 3000; i++) ada.send({ type: 'publish', room: 'a', data: i })
      await until(() => bob.seen === 3001, 'all of it')
      await bob.cut(live.server)
      const late = live.dial({ resume })
      assert.is((await late.next('welcome')).session.resumed, false)
      const again = await resumed(live, bob)
      assert.equal(await received(again), [])
    })

    test('a client that takes its leave ends its session; one that only gives up a socket does not', async (defer) => {
      const live = await liveServer(defer, engine)
      for (const [code, ends] of [
        [1000, true],
        [1001, true],
        [undefined, true],
        [3000, false],
        [4001, false],
      ] as const) {
        const [ada, bob] = await pair(live)
        bob.socket.close(code)
        await bob.closed
        if (ends) assert.is((await ada.next('peer-left')).peer.id, bob.id)
        const late = live.dial({ resume: bob.resume })
        assert.is((await late.next('welcome')).session.resumed, !ends, `${code}`)
        for (const client of [ada, late]) client.send({ type: 'bye' })
        await Promise.all([ada.closed, late.closed])
      }
    })

    test('an offence, bye and silence end the session too', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { pingMs: 200, pongMs: 200 } })
      const spoiled: [number, (client: RawClient) => void][] = [
        [1000, (client) => client.send({ type: 'bye' })],
        [1003, (client) => client.socket.send(Buffer.of(1))],
        [1009, (client) => client.send('x'.repeat(70_000))],
        [4001, () => {}],
      ]
      for (const [code, spoil] of spoiled) {
        const client = await live.client({ query: 'room=a' })
        spoil(client)
        assert.is((await client.closed).code, code)
        await until(() => live.server.stats.peers === 0, 'the end of the session')
        const late = live.dial({ resume: client.resume })
        assert.is((await late.next('welcome')).session.resumed, false)
        late.send({ type: 'bye' })
        await late.closed
      }
    })

    test('with resumeMs 0 there is no ticket, and a lost socket is a lost peer', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { resumeMs: 0 } })
      const [ada, bob] = [await live.client(), live.dial()]
      const { session } = await bob.next('welcome')
      assert.equal(session, { ticket: null, windowMs: 0, resumed: false, lastId: 0 })
      for (const client of [ada, bob]) await client.join('a')
      bob.socket.terminate()
      assert.is((await ada.next('peer-left')).peer.id, bob.id)
      const late = live.dial({ resume: 'anything.0' })
      assert.is((await late.next('welcome')).session.resumed, false)
      assert.is((await late.next('error')).code, 'E_RESUME')
    })

    test('a join that a policy still ponders goes on without a socket, and once', async (defer) => {
      const live = await liveServer(defer, engine, { plugins: { policy: [{ use: moody }] } })
      const ada = await live.client()
      await ada.join('slow')
      const bob = await live.client()
      const messages = [
        { type: 'join', id: 1, room: 'slow', data: 'Bob' },
        { type: 'publish', id: 2, room: 'slow', data: 'behind the join' },
        { type: 'join', id: 3, room: 'slow-no' },
      ]
      for (const message of messages) bob.send(message)
      await bob.settled()
      await bob.cut(live.server)
      const again = await resumed(live, bob)
      for (const message of messages) again.send(message)
      assert.equal((await again.next('joined')).id, 1)
      const error = await again.next('error')
      assert.equal([error.id, error.code], [3, 'E_REFUSED'])
      await until(
        () => again.inbox.some(({ type, id }) => type === 'ack' && id === 3),
        'the last acknowledgement',
      )
      assert.equal(types(await received(ada)), ['peer-joined', 'publish'])
      assert.is(live.server.stats.memberships, 2)
    })

    test('a join that was decided while there was no socket: its answers wait', async (defer) => {
      const live = await liveServer(defer, engine, { plugins: { policy: [{ use: moody }] } })
      const ada = await live.client()
      ada.send({ type: 'join', room: 'gate' })
      await until(() => waitingAtGate() === 1, 'Ada to wait')
      openGate()
      await ada.next('joined')
      const bob = await live.client()
      bob.send({ type: 'join', id: 1, room: 'gate' })
      bob.send({ type: 'join', id: 2, room: 'no' })
      await until(() => waitingAtGate() === 1, 'Bob to wait')
      await bob.settled()
      await bob.cut(live.server)
      openGate()
      await ada.next('peer-joined')
      await until(() => live.server.stats.refused.E_REFUSED === 1, 'the refusal')
      const again = live.dial({ resume: bob.resume })
      await again.next('joined')
      assert.equal(
        again.inbox.map(({ type, id }) => [type, id]),
        [
          ['welcome', undefined],
          ['error', 2],
          ['ack', 2],
        ],
      )
    })

    test('a room in the URL is ignored by a session that is resumed, and joined by one that is not', async (defer) => {
      const live = await liveServer(defer, engine)
      const ada = await live.client({ query: 'room=a' })
      await ada.next('joined')
      await ada.cut(live.server)
      for (const query of ['room=a', 'room=b']) {
        const again = live.dial({ query, resume: ada.resume })
        assert.ok((await again.next('welcome')).session.resumed)
        assert.equal(await received(again), [])
        await again.cut(live.server)
      }
      assert.is(live.server.stats.memberships, 1)
      const fresh = live.dial({ query: 'room=b', resume: 'none.0' })
      assert.is((await fresh.next('joined')).room, 'b')
      assert.equal(types(fresh.inbox), ['welcome', 'error'])
    })

    test('half a message that died with its socket is no message', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      const { port } = new URL(live.url)
      await bob.cut(live.server)
      const socket = connect(Number(port), '127.0.0.1')
      defer(() => socket.destroy())
      const answered = new Promise((resolve) => socket.once('data', resolve))
      socket.write(
        `GET /signal HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}, signalbox.resume.${bob.resume}\r\n\r\n`,
      )
      await answered
      const text = '{"type":"publish","id":1,"room":"a","data":"half"}'
      socket.write(
        Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text.slice(0, 20))]),
      )
      socket.end()
      await until(() => live.server.stats.detached === 1, 'the session to be detached')
      const again = await resumed(live, bob)
      again.send({ type: 'publish', id: 1, room: 'a', data: 'whole' })
      assert.equal([(await ada.next('publish')).data, ada.inbox], ['whole', []])
    })

    test('a full server lets those in who have a place already', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { peers: 2 } })
      const [, bob] = await pair(live)
      await bob.cut(live.server)
      assert.is((await live.dial().refused).status, 503)
      assert.is((await live.dial({ resume: 'forged.0' }).refused).status, 503)
      const foreign = live.dial({ resume: `${bob.ticket}.99` })
      assert.is((await foreign.refused).status, 503)
      await resumed(live, bob)
    })

    test('acknowledgements of what was never sent, or taken back, are refused and change nothing', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = await pair(live)
      for (const seen of [2, 2 ** 53 - 1]) {
        bob.send({ type: 'ack', seen })
        assert.is((await bob.next('error')).code, 'E_SEEN', `${seen}`)
      }
      for (const [seen, code] of [
        ['-1', 'E_FIELD'],
        ['9007199254740993', 'E_FIELD'],
        ['1e999', 'E_FIELD'],
        ['NaN', 'E_JSON'],
      ] as const) {
        bob.send(`{"type":"ack","seen":${seen}}`)
        assert.is((await bob.next('error')).code, code, seen)
      }
      bob.send({ type: 'ack', seen: 1 })
      bob.send({ type: 'ack', seen: 1 })
      bob.send({ type: 'ack', seen: 0 })
      assert.is((await bob.next('error')).code, 'E_SEEN')
      await bob.cut(live.server)
      ada.send({ type: 'publish', room: 'a', data: 'after all that' })
      const again = await resumed(live, bob)
      assert.is((await again.next('publish')).data, 'after all that')
    })
  })
}
