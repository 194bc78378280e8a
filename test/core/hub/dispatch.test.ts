import * as assert from 'uvu/assert'
import { liveServer, type RawClient } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

/** Bad messages of every kind, and the code that answers each. The sender is in room `a` with `other`. */
const badMessages = (other: string, elsewhere: string): readonly (readonly [string, string])[] => [
  ['', 'E_JSON'],
  ['{', 'E_JSON'],
  ['{"type":"publish","room":"a","data":1}x', 'E_JSON'],
  ['\ufeff{"type":"publish","room":"a","data":1}', 'E_JSON'],
  ['{"type":"publish","room":"a","data":01}', 'E_JSON'],
  [`{"type":"publish","room":"a","data":${'['.repeat(32)}${']'.repeat(32)}}`, 'E_NESTING'],
  ['[{"type":"publish","room":"a","data":1}]', 'E_ENVELOPE'],
  ['"publish"', 'E_ENVELOPE'],
  ['{}', 'E_TYPE'],
  ['{"type":"welcome"}', 'E_TYPE'],
  ['{"type":5}', 'E_TYPE'],
  ['{"type":"toString"}', 'E_TYPE'],
  ['{"type":"publish","data":1}', 'E_FIELD'],
  ['{"type":"publish","room":1,"data":1}', 'E_FIELD'],
  ['{"type":"publish","room":"a"}', 'E_FIELD'],
  ['{"type":"offer","room":"a","data":1}', 'E_FIELD'],
  ['{"type":"offer","room":"a","to":[],"data":1}', 'E_FIELD'],
  ['{"type":"update","room":"a"}', 'E_FIELD'],
  ['{"type":"ack"}', 'E_FIELD'],
  ['{"type":"ack","seen":-1}', 'E_FIELD'],
  ['{"type":"join","room":"b","id":"1"}', 'E_FIELD'],
  ['{"type":"join","room":"b","id":0}', 'E_FIELD'],
  ['{"type":"join","room":"b","id":1.5}', 'E_FIELD'],
  ['{"type":"join","room":""}', 'E_ROOM_NAME'],
  ['{"type":"join","room":"a\\u0000b"}', 'E_ROOM_NAME'],
  ['{"type":"join","room":"\\u0085"}', 'E_ROOM_NAME'],
  ['{"type":"join","room":"\\ud800"}', 'E_ROOM_NAME'],
  [`{"type":"join","room":"${'é'.repeat(65)}"}`, 'E_ROOM_NAME'],
  ['{"type":"join","room":"a"}', 'E_ALREADY_JOINED'],
  ['{"type":"leave","room":"b"}', 'E_NOT_JOINED'],
  ['{"type":"update","room":"b","data":1}', 'E_NOT_JOINED'],
  ['{"type":"stats","room":"b","data":1}', 'E_NOT_JOINED'],
  ['{"type":"publish","room":"b","data":1}', 'E_NOT_JOINED'],
  ['{"type":"publish","room":"c","data":1}', 'E_NOT_JOINED'],
  [`{"type":"offer","room":"c","to":"${elsewhere}","data":1}`, 'E_NOT_JOINED'],
  [`{"type":"offer","room":"a","to":"${elsewhere}","data":1}`, 'E_NO_PEER'],
  ['{"type":"offer","room":"a","to":"AAAAAAAAAAAAAAAA","data":1}', 'E_NO_PEER'],
  ['{"type":"offer","room":"a","to":"nobody","data":1}', 'E_NO_PEER'],
  [`{"type":"offer","room":"a","to":"${other.toLowerCase()}x","data":1}`, 'E_NO_PEER'],
  [`{"type":"join","room":"b","data":"${'x'.repeat(4096)}"}`, 'E_METADATA'],
  [`{"type":"update","room":"a","data":"${'x'.repeat(4096)}"}`, 'E_METADATA'],
]

for (const engine of ENGINES) {
  suite(`hub: messages (${engine})`, (test) => {
    test('offer, answer, candidate and signal reach one peer, from the sender that the server knows', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob, eve] = [await live.client(), await live.client(), await live.client()]
      for (const client of [ada, bob, eve]) await client.join('a')
      for (const type of ['offer', 'answer', 'candidate', 'signal']) {
        ada.send({ type, room: 'a', to: bob.id, from: eve.id, data: { sdp: `of ${type}` } })
        const expected = { type, room: 'a', from: ada.id, data: { sdp: `of ${type}` } }
        assert.equal(await bob.next(type), expected)
      }
      await eve.settled()
      await ada.settled()
      assert.equal(
        eve.inbox.filter(({ type }) => type !== 'peer-joined'),
        [],
      )
      assert.equal(
        ada.inbox.filter(({ type }) => type !== 'peer-joined'),
        [],
      )
    })

    test('publish reaches everyone else in the room, in order, and nobody in another', async (defer) => {
      const live = await liveServer(defer, engine)
      const clients = await Promise.all(Array.from({ length: 5 }, () => live.client()))
      const stranger = await live.client()
      await stranger.join('b')
      for (const client of clients) await client.join('a')
      const [sender, ...others] = clients as [RawClient, ...RawClient[]]
      for (let i = 0; i < 50; i++) sender.send({ type: 'publish', room: 'a', data: i })
      for (const other of others) {
        for (let i = 0; i < 50; i++) {
          assert.equal(await other.next('publish'), { type: 'publish', room: 'a', from: sender.id, data: i })
        }
      }
      await stranger.settled()
      assert.equal(stranger.inbox, [])
    })

    test('direct and room messages of one sender keep their order', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = [await live.client(), await live.client()]
      await ada.join('a')
      await bob.join('a')
      for (let i = 0; i < 40; i++) {
        ada.send(
          i % 2
            ? { type: 'publish', room: 'a', data: i }
            : { type: 'signal', room: 'a', to: bob.id, data: i },
        )
      }
      ada.send({ type: 'signal', room: 'a', to: bob.id, data: 'end' })
      await ada.settled()
      await bob.settled()
      const heard = bob.inbox
        .filter(({ type }) => type === 'publish' || type === 'signal')
        .map(({ data }) => data)
      assert.equal(heard, [...Array.from({ length: 40 }, (_, i) => i), 'end'])
    })

    test('the frames of a tick leave in one write a client', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = [await live.client(), await live.client()]
      await ada.join('a')
      await bob.join('a')
      const { writes, deliveries } = pick(live.server.stats)
      const burst = 200
      // One TCP segment: ws masks each message, the socket's cork puts them together.
      const socket = (ada.socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket
      socket.cork()
      for (let i = 0; i < burst; i++) ada.send({ type: 'publish', room: 'a', data: i })
      socket.uncork()
      for (let i = 0; i < burst; i++) await bob.next('publish')
      const after = pick(live.server.stats)
      assert.is(after.deliveries - deliveries, burst)
      assert.ok(after.writes - writes <= burst / 10, `${after.writes - writes} writes`)
    })

    test('acknowledgements are cumulative, duplicates are dropped, gaps are refused', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = [await live.client(), await live.client()]
      await bob.join('a')
      ada.send({ type: 'join', id: 1, room: 'a' })
      assert.is((await ada.next('joined')).id, 1)
      ada.send({ type: 'publish', id: 2, room: 'a', data: 'two' })
      ada.send({ type: 'publish', id: 2, room: 'a', data: 'two again' })
      ada.send({ type: 'publish', id: 1, room: 'a', data: 'one again' })
      ada.send({ type: 'publish', id: 4, room: 'a', data: 'four' })
      ada.send({ type: 'publish', id: 3, room: 'nowhere', data: 'three' })
      ada.send({ type: 'publish', id: 4, room: 'a', data: 'four' })
      const order = await ada.next('error')
      assert.equal([order.id, order.code], [4, 'E_ORDER'])
      assert.match(order.message, 'expected id 3, not 4')
      const refused = await ada.next('error')
      assert.equal([refused.id, refused.code], [3, 'E_NOT_JOINED'])
      await ada.settled()
      const acks = ada.inbox.filter(({ type }) => type === 'ack').map(({ id }) => id)
      assert.is(acks.at(-1), 4)
      assert.equal(
        acks,
        [...acks].sort((a, b) => a - b),
      )
      await bob.settled()
      const heard = bob.inbox.filter(({ type }) => type === 'publish').map(({ data }) => data)
      assert.equal(heard, ['two', 'four'])
    })

    test('every bad message gets its code; nobody else sees anything; the connection goes on', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob, eve] = [await live.client(), await live.client(), await live.client()]
      await ada.join('a')
      await bob.join('a')
      await eve.join('c')
      await ada.next('peer-joined')
      for (const [message, code] of badMessages(bob.id, eve.id)) {
        ada.send(message)
        const error = await ada.next('error')
        assert.is(error.code, code, message.slice(0, 80))
        assert.type(error.message, 'string')
      }
      for (const other of [bob, eve]) {
        await other.settled()
        assert.equal(other.inbox, [])
      }
      const { offer, publish } = live.server.stats.messages
      assert.equal([offer, publish], [0, 0], 'none of them was accepted')
      ada.send({ type: 'publish', room: 'a', data: 'still here' })
      assert.is((await bob.next('publish')).data, 'still here')
      assert.is(live.server.stats.peers, 3)
    })

    test('an error carries the id of its message', async (defer) => {
      const live = await liveServer(defer, engine)
      const client = await live.client()
      client.send({ type: 'publish', id: 1, room: 'a', data: 1 })
      client.send({ type: 'nonsense', id: 2 })
      assert.is((await client.next('error')).id, 1)
      assert.is((await client.next('error')).id, 2)
      assert.is((await client.next('ack')).id, 2)
    })

    test('E_FIELD names the field', async (defer) => {
      const live = await liveServer(defer, engine)
      const client = await live.client()
      client.send({ type: 'offer', room: 'a', data: 1 })
      assert.match((await client.next('error')).message, /\bto\b/)
    })

    test('frames that no message can hold end the connection with their code', async (defer) => {
      const live = await liveServer(defer, engine)
      const watcher = await live.client()
      await watcher.join('a')
      const cases: readonly (readonly [number, string, (client: RawClient) => void])[] = [
        [1003, 'E_BINARY', (client) => client.socket.send(Buffer.from('{"type":"bye"}'))],
        [1009, 'E_TOO_LARGE', (client) => client.send(`"${'x'.repeat(65_536)}"`)],
        [1007, 'E_UTF8', (client) => client.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false })],
        [1002, 'E_FRAME', (client) => rawSocket(client).write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]))],
      ]
      for (const [close, code, break_] of cases) {
        const client = await live.client()
        await client.join('a')
        await watcher.next('peer-joined')
        break_(client)
        assert.is((await client.closed).code, close, code)
        assert.is((await watcher.next('peer-left')).peer.id, client.id)
        assert.is(live.server.stats.refused[code], 1, code)
      }
      assert.equal(watcher.inbox, [])
    })

    test('a message of exactly 64 KiB passes', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = [await live.client(), await live.client()]
      await ada.join('a')
      await bob.join('a')
      const shell = '{"type":"publish","room":"a","data":""}'
      const data = 'x'.repeat(65_536 - shell.length)
      ada.send({ type: 'publish', room: 'a', data })
      assert.is((await bob.next('publish')).data, data)
    })

    test('bye closes with 1000, and the others hear it', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = [await live.client(), await live.client()]
      await ada.join('a')
      await bob.join('a')
      ada.send({ type: 'bye' })
      assert.is((await ada.closed).code, 1000)
      assert.is((await bob.next('peer-left')).peer.id, ada.id)
    })

    test('grants bound what a member may do', async (defer) => {
      const token = 'a-token-of-a-kiosk-0001'
      const grants = { rooms: ['lobby', 'team-*'], publish: false }
      const live = await liveServer(defer, engine, {
        plugins: { auth: [{ use: 'token', options: { tokens: [{ token, name: 'kiosk', grants }] } }] },
      })
      const [ada, bob] = [await live.client({ token }), await live.client({ token })]
      for (const room of ['lobby2', 'team', 'Team-a', '*']) {
        ada.send({ type: 'join', room })
        assert.is((await ada.next('error')).code, 'E_FORBIDDEN', room)
      }
      await ada.join('team-a')
      await bob.join('team-a')
      ada.send({ type: 'publish', room: 'team-a', data: 1 })
      assert.is((await ada.next('error')).code, 'E_FORBIDDEN')
      ada.send({ type: 'offer', room: 'team-a', to: bob.id, data: 1 })
      await bob.next('offer')
      const byUrl = await live.client({ token, query: 'room=elsewhere' })
      assert.is((await byUrl.next('error')).code, 'E_FORBIDDEN')
    })

    test('a client that never reads is closed, and the others lose nothing', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { queuedBytes: 64 * 1024, resumeMs: 200 } })
      const [ada, bob, lazy] = [await live.client(), await live.client(), await live.client()]
      for (const client of [ada, bob, lazy]) await client.join('a')
      await bob.next('peer-joined')
      lazy.socket.pause()
      const data = 'x'.repeat(60_000)
      let sent = 0
      while (live.server.stats.refused.E_SLOW === undefined && sent < 400) {
        ada.send({ type: 'publish', room: 'a', data: `${sent++}${data}` })
        await ada.settled()
      }
      assert.is(live.server.stats.refused.E_SLOW, 1)
      assert.is((await bob.next('peer-left')).peer.id, lazy.id)
      for (let i = 0; i < sent; i++) assert.ok((await bob.next('publish')).data.startsWith(`${i}x`))
      assert.ok(live.server.stats.queuedBytes < 1_000_000)
    }, 30_000)
  })
}

/** The counters by value: the stats object itself goes on counting. */
const pick = ({ writes, deliveries }: { writes: number; deliveries: number }) => ({ writes, deliveries })

const rawSocket = (client: RawClient) =>
  (client.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket
