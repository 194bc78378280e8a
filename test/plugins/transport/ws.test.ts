import { connect, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { type Hub, SUBPROTOCOL } from '../../../core/api.js'
import ws from '../../../plugins/transport/ws.js'
import { until } from '../../contract/contract-case.js'
import { textsOf } from '../../contract/frames.js'
import { construct, FakeFrontDoor, transportContract } from '../../contract/index.js'
import { liveServer } from '../../live-server.js'
import { type Defer, ENGINES, suite } from '../../suite.js'
import { withFrames } from './ws/frames-hub.js'

const HEADERS = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol': SUBPROTOCOL,
}

/** A masked text frame (RFC 6455 section 5.3); the mask is zero, so the text stands as it is. */
function clientFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const header =
    length <= 125 ? Buffer.from([0x81, 0x80 | length]) : Buffer.from([0x81, 0xfe, length >> 8, length & 0xff])
  return Buffer.concat([header, Buffer.alloc(4), Buffer.from(text)])
}

/** What follows the answer to the handshake. */
const framesOf = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)

/** A raw socket to the server, and everything it has received. */
function rawClient(
  defer: Defer,
  url: string,
): { socket: Socket; received: () => string; ended: Promise<unknown> } {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  defer(() => socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  const ended = new Promise((resolve) => socket.once('close', resolve))
  return { socket, received: () => Buffer.concat(chunks).toString('latin1'), ended }
}

const requestOf = (headers: Record<string, string>, path = '/signal'): string =>
  [
    `GET ${path} HTTP/1.1`,
    'host: localhost',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')

for (const [who, prepare] of [
  ['ws', (hub: Hub) => hub],
  ['the engine', withFrames],
] as const) {
  suite(`transport/ws: contract, frames found by ${who}`, (test) => {
    const cases = transportContract({
      make: (frontDoor, hub) => construct(ws, {}, { frontDoor, hub: prepare(hub) }),
      handshake: { path: '/signal', headers: HEADERS },
      encode: clientFrame,
      decode: (bytes) => textsOf(framesOf(bytes)),
    })
    for (const { name, run } of cases) test(name, run)

    test('a hub that fails to attach costs that client its connection, and nothing else', async (defer) => {
      const frontDoor = new FakeFrontDoor()
      const attach = (): never => {
        throw new Error('a mistake')
      }
      const hub = prepare({ admit: async () => ({ attach, discard: () => {} }) })
      const transport = construct(ws, {}, { frontDoor, hub })
      await transport.start?.()
      defer(() => transport.stop?.())
      const client = frontDoor.connect('/signal', HEADERS)
      await until(() => client.ended(), 'the socket to be ended')
    })
  })
}

for (const engine of ENGINES) {
  suite(`transport/ws (${engine})`, (test) => {
    test('handshakes that RFC 6455 refuses are refused, and leave no slot behind', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { peers: 1 } })
      const without = (headers: Record<string, string>, name: string) =>
        Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
      for (const [headers, status] of [
        [without(HEADERS, 'sec-websocket-key'), 400],
        [{ ...HEADERS, 'sec-websocket-key': 'short' }, 400],
        [without(HEADERS, 'sec-websocket-version'), 400],
        [{ ...HEADERS, 'sec-websocket-version': '12' }, 400],
        [{ ...HEADERS, 'sec-websocket-protocol': 'chat' }, 400],
      ] as const) {
        const { socket, received, ended } = rawClient(defer, live.url)
        socket.write(requestOf(headers))
        await ended
        assert.match(received(), new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(headers))
      }
      await live.client()
    })

    test('what a client sends right behind its handshake is not lost', async (defer) => {
      const live = await liveServer(defer, engine)
      const watcher = await live.client({ query: 'room=a' })
      const { socket } = rawClient(defer, live.url)
      const eager = ['join', 'publish'].map((type, i) =>
        clientFrame(`{"type":"${type}","id":${i + 1},"room":"a","data":7}`),
      )
      socket.write(Buffer.concat([Buffer.from(requestOf(HEADERS)), ...eager]))
      assert.is((await watcher.next('peer-joined')).peer.data, 7)
      assert.is((await watcher.next('publish')).data, 7)
    })

    test('a handshake that nobody finishes is cut off', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { handshakeMs: 300 } })
      for (const start of ['', 'GET /signal HTTP/1.1\r\nhost: localhost\r\nupgr']) {
        const { socket, ended } = rawClient(defer, live.url)
        socket.write(start)
        const before = performance.now()
        await ended
        assert.ok(performance.now() - before < 5000)
      }
    })

    test('another path can be configured, and any other is 404', async (defer) => {
      const live = await liveServer(defer, engine, {
        plugins: { transport: [{ use: 'ws', options: { path: '/rtc' } }] },
      })
      const { socket, received } = rawClient(defer, live.url)
      socket.write(requestOf(HEADERS, '/rtc'))
      while (!received().includes('"welcome"')) await new Promise((resolve) => socket.once('data', resolve))
      assert.is((await live.dial().refused).status, 404)
    })

    test('fragments, pings between them, and single bytes make the same message', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = [await live.client({ query: 'room=a' }), await live.client({ query: 'room=a' })]
      const text = JSON.stringify({ type: 'publish', room: 'a', data: 'é🦊' })
      const socket = (ada.socket as unknown as { _socket: Socket })._socket
      const bytes = Buffer.from(text)
      const frames = [...bytes].flatMap((byte, i) => {
        const opcode = (i === bytes.length - 1 ? 0x80 : 0) | (i === 0 ? 1 : 0)
        return [opcode, 0x81, 0, 0, 0, 0, byte, 0x89, 0x80, 0, 0, 0, 0]
      })
      for (const byte of frames) socket.write(Buffer.from([byte]))
      assert.is((await bob.next('publish')).data, 'é🦊')
    })
  })
}
