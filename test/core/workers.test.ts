/** Servers of several processes, end to end. */

import * as assert from 'uvu/assert'
import { crew, LONG_MS } from '../crew.js'
import { type RawClient, type Received, until } from '../live-server.js'
import { rawSocket, UPGRADE_HEADERS, untilClosed } from '../raw-http.js'
import { ENGINES, suite } from '../suite.js'

for (const engine of ENGINES) {
  suite(`workers: ${engine}`, (test) => {
    test(
      'members of a room meet in one worker; rooms are spread over all of them',
      async (defer) => {
        const { client, metric, wasSilent } = await crew(defer, engine, { workers: 3, plugins: STICKY })
        const rooms = Array.from({ length: 24 }, (_, i) => `room ${i}`)
        const pairs = await Promise.all(
          rooms.map(async (room) => {
            const query = `room=${encodeURIComponent(room)}`
            const [a, b] = [await client(query), await client(query)]
            const { peer } = await a.next('peer-joined')
            assert.is(peer.id, b.id)
            return { room, a, b }
          }),
        )
        for (const { room, a, b } of pairs) {
          b.send({ type: 'offer', room, to: a.id, data: { room } })
          assert.equal((await a.next('offer')).data, { room })
        }
        const peers = await Promise.all(
          ['w0', 'w1', 'w2'].map((worker) => metric(`peers{worker="${worker}"}`)),
        )
        assert.is(
          peers.reduce((sum, count) => sum! + count!, 0),
          48,
        )
        assert.ok(
          peers.every((count) => count! > 0),
          peers.join(),
        )
        // On a machine so busy that a worker wasn't heard for a second, a room may be in two: the rest still holds.
        assert.ok(wasSilent() || peers.every((count) => count! % 2 === 0), peers.join())
        assert.is(await metric('picks_total{by="room"}'), 48)
      },
      LONG_MS,
    )

    test(
      'workers are one cluster, and so is whoever takes the place of a dead one',
      async (defer) => {
        const { metric, pid } = await crew(defer, engine, {})
        const isMesh = async () => {
          const known = await Promise.all(['w0', 'w1'].map((worker) => metric(`nodes{worker="${worker}"}`)))
          return known.every((others) => others === 1)
        }
        await untilAsync(isMesh, 'each to know the other')
        const before = pid('w1')
        process.kill(before, 'SIGKILL')
        await until(() => pid('w1') !== before, 'another w1')
        await untilAsync(isMesh, 'w0 to know the new one alone')
      },
      LONG_MS,
    )

    test(
      'a room whose members sit in different workers is one room',
      async (defer) => {
        const plugins = { policy: [], balancer: [{ use: 'round-robin' }] }
        const { client, metric } = await crew(defer, engine, { plugins })
        const members = [await client('room=kitchen'), await client('room=kitchen')]
        const peers = await Promise.all(['w0', 'w1'].map((worker) => metric(`peers{worker="${worker}"}`)))
        assert.equal(peers, [1, 1])
        const [a, b] = members as [RawClient, RawClient]
        // Whoever has come first hears of the other one, sooner or later.
        await until(
          () => [a, b].every(({ inbox }) => inbox.some((message) => knows(message))),
          'each to know the other',
        )
        a.send({ type: 'offer', id: 1, room: 'kitchen', to: b.id, data: 'from a' })
        assert.equal((await b.next('offer')).data, 'from a')
        assert.is((await a.next('ack')).id, 1)
        b.send({ type: 'publish', id: 1, room: 'kitchen', data: 'from b' })
        assert.equal((await a.next('publish')).data, 'from b')
        b.send({ type: 'leave', id: 2, room: 'kitchen' })
        assert.is((await a.next('peer-left')).peer.id, b.id)
      },
      LONG_MS,
    )

    test(
      '500 connections with frames behind their requests: none misrouted, no byte lost',
      async (defer) => {
        const { port, metric } = await crew(defer, engine, {})
        const all = Array.from({ length: 500 }, async (_, i) => {
          const room = `room ${i % 50}`
          const headers = { Host: 'localhost', ...UPGRADE_HEADERS, 'Sec-WebSocket-Protocol': 'signalbox.v1' }
          const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
          const request = `GET /signal?room=${encodeURIComponent(room)} HTTP/1.1\r\n${lines.join('')}\r\n`
          const update = clientFrame(JSON.stringify({ type: 'update', id: 1, room, data: { i } }))
          const socket = await rawSocket(defer, port)
          let text = ''
          socket.on('data', (chunk) => {
            text += chunk.toString('latin1')
          })
          socket.write(Buffer.concat([Buffer.from(request), update, clientFrame('{"type":"bye"}')]))
          await until(() => text.includes('"type":"ack"') || socket.destroyed, `the answer to ${i}`)
          return text
        })
        const answers = await Promise.all(all)
        answers.forEach((text, i) => {
          assert.match(text, /^HTTP\/1\.1 101 /, `${i}`)
          assert.match(text, new RegExp(`"type":"joined","room":"room ${i % 50}"`), `${i}`)
          assert.match(text, /"type":"ack","id":1/, `${i}`)
        })
        const given = await Promise.all(['w0', 'w1'].map((id) => metric(`handoffs_total{worker="${id}"}`)))
        assert.is(given[0]! + given[1]!, 500)
      },
      LONG_MS,
    )
  })
}

/** Whether a message tells of another member. */
const knows = ({ type, peers }: Received): boolean =>
  type === 'peer-joined' || (type === 'joined' && peers.length > 0)

/** As `until`, for what must be asked. */
async function untilAsync(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`waited in vain for ${what}`)
}

/** Whatever the load of the machine, a room has one worker; and all clients share one address. */
const STICKY = {
  balancer: [{ use: 'rendezvous', options: { neverFullBelow: 1 } }],
  policy: [],
}

/** A masked text frame, as a client sends it (RFC 6455 section 5.2); the mask is 0. */
function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  assert.ok(payload.length < 126)
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

suite('workers', (test) => {
  test(
    'pages are served, and a connection that is kept alive stays where it is',
    async (defer) => {
      const { port, metric } = await crew(defer, 'js', { page: true })
      const socket = await rawSocket(defer, port)
      const request = (path: string, connection: string) =>
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`
      socket.write(
        request('/', 'keep-alive') + request('/style.css', 'keep-alive') + request('/none', 'close'),
      )
      const text = await untilClosed(socket)
      assert.equal(
        [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status),
        ['200', '200', '404'],
      )
      assert.is((await metric('picks_total{by="load"}'))!, 1)
    },
    LONG_MS,
  )
})
