import { connect } from 'node:net'
import * as assert from 'uvu/assert'
import { SUBPROTOCOL } from '../../../core/protocol.js'
import { liveServer, tokenProtocol } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

const TOKEN = 'a-token-of-a-kiosk-0001'
const withTokens = (grants: object, more: object = {}) => ({
  plugins: {
    auth: [{ use: 'token', options: { tokens: [{ token: TOKEN, name: 'kiosk', grants, ...more }] } }],
  },
})

for (const engine of ENGINES) {
  suite(`hub: coming in (${engine})`, (test) => {
    test('welcome says who you are and what the limits are', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { pingMs: 9000, roomsPerPeer: 3 } })
      const client = live.dial()
      const welcome = await client.next('welcome')
      assert.match(welcome.peer, /^[A-Za-z0-9_-]{16}$/)
      assert.match(welcome.session.ticket, /^[A-Za-z0-9_-]{32}$/)
      assert.equal(
        { ...welcome.session, ticket: '' },
        { ticket: '', windowMs: 30_000, resumed: false, lastId: 0 },
      )
      assert.is(welcome.pingMs, 9000)
      assert.equal(welcome.limits, {
        messageBytes: 65_536,
        metadataBytes: 4096,
        roomBytes: 128,
        roomsPerPeer: 3,
        membersPerRoom: 10_000,
      })
      assert.equal(welcome.iceServers, [])
      assert.is(client.socket.protocol, SUBPROTOCOL)
      assert.is(client.socket.extensions, '')
    })

    test('a room in the URL is joined in the same write as the 101', async (defer) => {
      const live = await liveServer(defer, engine)
      const first = await live.client({ query: 'room=kitchen' })
      await first.next('joined')
      const { port } = new URL(live.url)
      const socket = connect(Number(port), '127.0.0.1')
      defer(() => socket.destroy())
      const chunk = new Promise<Buffer>((resolve) => socket.once('data', resolve))
      const data = encodeURIComponent('{"name":"Ada"}')
      socket.write(
        `GET /signal?room=kitchen&data=${data} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
      )
      const text = (await chunk).toString('latin1')
      assert.match(text, /^HTTP\/1\.1 101 /)
      assert.match(text, /"type":"welcome"/)
      assert.match(
        text,
        `{"type":"joined","room":"kitchen","peers":[{"id":"${first.id}","data":null,"polite":true}]}`,
      )
      const joined = await first.next('peer-joined')
      assert.equal(joined.peer.data, { name: 'Ada' })
      assert.is(joined.peer.polite, false)
    })

    test('a room in the URL that is refused leaves the connection open', async (defer) => {
      const live = await liveServer(defer, engine)
      for (const [query, code] of [
        [`room=${'x'.repeat(129)}`, 'E_ROOM_NAME'],
        ['room=', 'E_ROOM_NAME'],
        ['room=a%00b', 'E_ROOM_NAME'],
        ['room=a&data=%7B', 'E_JSON'],
        ['room=a&data=', 'E_JSON'],
        [`room=a&data=1,"data":1`, 'E_JSON'],
        [`room=a&data=${'['.repeat(32)}${']'.repeat(32)}`, 'E_NESTING'],
        ['room=a&data=1,"room":2', 'E_JSON'],
        [`room=a&data="${'x'.repeat(4096)}"`, 'E_METADATA'],
      ] as const) {
        const client = await live.client({ query })
        assert.is((await client.next('error')).code, code, query)
        assert.equal((await client.join('a')).peers, [], query)
        client.socket.close()
        await client.closed
      }
    })

    test('without the subprotocol there is no handshake', async (defer) => {
      const live = await liveServer(defer, engine)
      for (const protocols of [[], ['chat'], [tokenProtocol('x')]]) {
        const client = live.dial({ protocols })
        const { status, body } = await client.refused
        assert.is(status, 400)
        assert.is(JSON.parse(body).code, 'E_HANDSHAKE')
      }
    })

    test('a foreign origin gets 403, the own host and listed origins pass', async (defer) => {
      const live = await liveServer(defer, engine, { origins: ['https://app.example'] })
      const { host } = new URL(live.url)
      for (const origin of [live.url, `https://${host}`, 'https://app.example']) {
        await live.client({ headers: { Origin: origin } })
      }
      for (const origin of [
        'https://evil.example',
        'https://app.example.evil.example',
        'https://evilapp.example',
        'http://app.example',
        'https://app.example:8443',
        'null',
        `http://${host}.evil.example`,
        '',
      ]) {
        const { status, body } = await live.dial({ headers: { Origin: origin } }).refused
        assert.is(status, 403, origin)
        assert.is(JSON.parse(body).code, 'E_ORIGIN')
      }
    })

    test('a missing or wrong token is told after the handshake, then 4501; nothing of it is echoed', async (defer) => {
      const live = await liveServer(defer, engine, withTokens({}))
      for (const options of [
        {},
        { token: 'wrong-wrong-wrong-wrong' },
        { headers: { Authorization: 'Bearer no' } },
      ]) {
        const client = live.dial(options)
        assert.is((await client.next('error')).code, 'E_AUTH')
        assert.is((await client.closed).code, 4501)
        assert.is(client.socket.protocol, SUBPROTOCOL)
      }
      assert.is(live.server.stats.peers, 0)
      assert.is(live.server.stats.refused.E_AUTH, 3)
    })

    test('a token passes as a subprotocol or as a header', async (defer) => {
      const live = await liveServer(defer, engine, withTokens({}))
      await live.client({ token: TOKEN })
      await live.client({ headers: { Authorization: `Bearer ${TOKEN}` } })
    })

    test('a token that expires ends the session with 4502', async (defer) => {
      const expires = new Date(Date.now() + 1500).toISOString()
      const live = await liveServer(defer, engine, {
        ...withTokens({}, { expires }),
        limits: { pingMs: 400, pongMs: 60_000 },
      })
      const client = await live.client({ token: TOKEN })
      assert.is((await client.closed).code, 4502)
      const late = live.dial({ token: TOKEN })
      assert.is((await late.next('error')).code, 'E_AUTH')
      assert.is((await late.closed).code, 4501)
    })

    test('beyond limits.peers a client gets 503 and may come back', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { peers: 2 } })
      const first = await live.client()
      await live.client()
      const { status, body } = await live.dial().refused
      assert.is(status, 503)
      assert.is(JSON.parse(body).code, 'E_BUSY')
      first.socket.close()
      await first.closed
      await live.client()
    })

    test('a stopped server says goaway, then closes with 4000', async (defer) => {
      const live = await liveServer(defer, engine)
      const client = await live.client({ query: 'room=a' })
      const stopped = live.server.stop()
      const goaway = { type: 'goaway', reason: 'shutdown', afterMs: 250, ticket: null }
      assert.equal(await client.next('goaway'), goaway)
      assert.is((await client.closed).code, 4000)
      await stopped
    })

    test('a client that never answers the close is cut off', async (defer) => {
      const live = await liveServer(defer, engine)
      const client = await live.client()
      client.socket.pause()
      const before = performance.now()
      await live.server.stop()
      assert.ok(performance.now() - before < 5000)
      client.socket.resume()
    })
  })

  suite(`hub: liveness (${engine})`, (test) => {
    test('a silent client is pinged and, if it stays silent, closed with 4001; the others hear one peer-left', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { pingMs: 300, pongMs: 200 } })
      const [watcher, silent] = [await live.client(), await live.client()]
      await watcher.join('a')
      await silent.join('a')
      const alive = setInterval(() => watcher.send({ type: 'ack', seen: 1 }), 50)
      defer(() => clearInterval(alive))
      await silent.next('ping')
      assert.is((await silent.closed).code, 4001)
      assert.is((await watcher.next('peer-left')).peer.id, silent.id)
      assert.is(watcher.inbox.filter(({ type }) => type === 'peer-left').length, 0)
    })

    test('a client that answers stays', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { pingMs: 120, pongMs: 120 } })
      const client = await live.client()
      for (let i = 0; i < 4; i++) {
        await client.next('ping')
        client.send({ type: 'ack', seen: 0 })
      }
      assert.is(live.server.stats.peers, 1)
    })
  })
}
