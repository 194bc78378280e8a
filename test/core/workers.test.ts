/** Servers of several processes, end to end. */

import * as assert from 'uvu/assert'
import { crew, LONG_MS } from '../crew.js'
import { until } from '../live-server.js'
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
