/** Real sockets under the engine's frames: how connections begin and end, whoever owns what Node calls a handle. */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, TLSSocket } from 'node:tls'
import * as assert from 'uvu/assert'
import type { Upgrade } from '../../../../core/contracts/transport.js'
import { textFrame } from '../../../../core/egress/text-frame.js'
import type { ClientSocket } from '../../../../plugins/transport/ws/client-socket.js'
import { readDirectly } from '../../../../plugins/transport/ws/direct-reads.js'
import { Handshake } from '../../../../plugins/transport/ws/handshake.js'
import { until } from '../../../contract/contract-case.js'
import { FakeHub } from '../../../contract/fake-hub.js'
import { type Defer, suite } from '../../../suite.js'
import { closing, framed } from './client-frames.js'
import { withFrames } from './frames-hub.js'
import { HANDSHAKE } from './raw-socket.js'

const PSK = { identity: 'test', psk: Buffer.alloc(32, 7) }
const tlsOptions = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' as const }

interface Bench {
  readonly hub: FakeHub
  readonly server: Server
  /** The server's sides, in the order in which they came. */
  readonly clients: ClientSocket[]
  /** The upgrades' sockets, as the HTTP server had them. */
  readonly upgraded: Duplex[]
  /** A client that has asked for a handshake, and sent this behind it. */
  ask(early?: Buffer): Client
  /** A client past the handshake. */
  dial(early?: Buffer): Promise<Client>
}

interface Client {
  readonly socket: Socket
  readonly received: () => string
  /** The server has ended its side. */
  readonly ended: Promise<unknown>
}

/** An HTTP server that completes every handshake, `delayMs` after it was asked for. */
async function bench(defer: Defer, { tls = false, delayMs = 0 } = {}): Promise<Bench> {
  const hub = withFrames(new FakeHub())
  const handshake = new Handshake(hub)
  const server = tls
    ? createTlsServer({ ...tlsOptions, pskCallback: () => PSK.psk })
    : createServer({ noDelay: true })
  const clients: ClientSocket[] = []
  const upgraded: Duplex[] = []
  server.on('upgrade', async (request, socket, head) => {
    upgraded.push(socket)
    socket.on('error', () => socket.destroy())
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    const admission = await hub.admit({ token: undefined, address: '127.0.0.1' })
    const upgrade = { request, socket, head, address: '127.0.0.1' } as unknown as Upgrade
    const completed = handshake.complete(upgrade, (client) => {
      clients.push(client)
      client.attach(admission.attach(client))
    })
    if (!completed) admission.discard()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(() => {
    for (const client of clients) client.terminate()
    server.closeAllConnections()
    server.close()
    handshake.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = (early: Buffer = Buffer.alloc(0)) => {
    const socket = tls
      ? connectTls({
          ...tlsOptions,
          port,
          host: '127.0.0.1',
          pskCallback: () => PSK,
          checkServerIdentity: () => undefined,
        })
      : connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    defer(() => socket.destroy())
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {})
    const ended = once(socket, 'end')
    ended.catch(() => {})
    socket.write(Buffer.concat([Buffer.from(HANDSHAKE()), early]))
    return { socket, received: () => Buffer.concat(chunks).toString('latin1'), ended }
  }
  const dial = async (early?: Buffer) => {
    const known = hub.peers.length
    const client = ask(early)
    await until(() => hub.peers.length > known, 'the client to be admitted')
    return client
  }
  return { hub, server, clients, upgraded, ask, dial }
}

const connectionsOf = (server: Server) =>
  new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))

/** Waits until the server counts no connection; the test's time-out bounds that. */
async function empty(server: Server): Promise<void> {
  while ((await connectionsOf(server)) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
}

for (const tls of [false, true]) {
  suite(`transport/ws/handshake${tls ? ', TLS' : ''}`, (test) => {
    test(`reads ${tls ? "don't " : ''}land in the memory of the engine, and messages pass both ways`, async (defer) => {
      const { hub, clients, upgraded, dial } = await bench(defer, { tls })
      const { socket, received } = await dial()
      socket.write(Buffer.concat([framed(1, 'one'), framed(1, 'two'), framed(9, 'p')]))
      await until(() => hub.peers[0]!.received.length === 2, 'both messages')
      assert.equal(hub.peers[0]!.received, ['one', 'two'])
      clients[0]!.write(Buffer.concat([textFrame('three'), textFrame('four')]))
      await until(
        () => received().includes('\x81\x05three\x81\x04four') && received().includes('\x8a\x01p'),
        'frames',
      )
      // Handed over, the socket of the HTTP server has nothing left.
      assert.is(upgraded[0]!.destroyed, !tls)
    })

    test('what was sent behind the handshake is read, also when it is answered late', async (defer) => {
      for (const delayMs of [0, 30]) {
        const { hub, dial } = await bench(defer, { tls, delayMs })
        const { socket } = await dial(framed(1, 'early'))
        socket.write(framed(1, 'later'))
        await until(() => hub.peers[0]!.received.length === 2, 'both messages')
        assert.equal(hub.peers[0]!.received, ['early', 'later'])
      }
      const { hub, ask } = await bench(defer, { tls, delayMs: 100 })
      const { socket } = ask()
      setTimeout(() => socket.write(framed(1, 'meanwhile')), 50)
      await until(() => hub.peers[0]?.received.length === 1, 'the message')
    })

    test('the closing handshake: the client begins, and its code is told', async (defer) => {
      const { hub, server, dial } = await bench(defer, { tls })
      const { socket, received, ended } = await dial()
      socket.write(framed(8, closing(4321, 'enough')))
      await ended
      assert.ok(received().endsWith('\x88\x08\x10\xe1enough'))
      socket.end()
      await until(() => hub.peers[0]!.goneCodes.length === 1, 'the end')
      assert.equal(hub.peers[0]!.goneCodes, [4321])
      await empty(server)
    })

    test('the closing handshake: the server begins, and ends the socket when it is answered', async (defer) => {
      const { hub, clients, dial } = await bench(defer, { tls })
      const { socket, received, ended } = await dial()
      clients[0]!.close(4000, 'restart')
      clients[0]!.close(4001, 'twice')
      clients[0]!.write(textFrame('too late'))
      await until(() => received().endsWith('\x88\x09\x0f\xa0restart'), 'the close frame')
      socket.write(framed(8, closing(4000)))
      await ended
      socket.end()
      await until(() => hub.peers[0]!.goneCodes.length === 1, 'the end')
      assert.ok(received().endsWith('\x88\x09\x0f\xa0restart'), 'nothing follows a close frame')
    })

    test('a client that never answers a close frame is cut off', async (defer) => {
      const { hub, clients, dial } = await bench(defer, { tls })
      await dial()
      clients[0]!.close(4000, '')
      const started = performance.now()
      await until(() => hub.peers[0]!.goneCodes.length === 1, 'the end')
      assert.ok(performance.now() - started > 1000)
      assert.equal(hub.peers[0]!.goneCodes, [1006])
    })

    test('a client that ends its side without a word is gone, once', async (defer) => {
      const { hub, server, dial } = await bench(defer, { tls })
      const { socket, ended } = await dial()
      socket.end(framed(1, 'last'))
      await ended
      await until(() => hub.peers[0]!.goneCodes.length > 0, 'the end')
      assert.equal(hub.peers[0]!.received, ['last'])
      assert.equal(hub.peers[0]!.goneCodes, [1006])
      await empty(server)
    })

    test('a client that resets the connection is gone, once', async (defer) => {
      const { hub, dial } = await bench(defer, { tls })
      const { socket } = await dial()
      if (tls) socket.destroy()
      else socket.resetAndDestroy()
      await until(() => hub.peers[0]!.goneCodes.length > 0, 'the end')
      assert.equal(hub.peers[0]!.goneCodes, [1006])
    })

    test('a client that goes before its handshake is answered leaves nothing', async (defer) => {
      for (const leave of ['end', 'destroy'] as const) {
        const { hub, server, upgraded, ask } = await bench(defer, { tls, delayMs: 60 })
        const { socket } = ask()
        await until(() => upgraded.length === 1, 'the upgrade')
        socket[leave]()
        await until(
          () => hub.discarded === 1 || hub.peers[0]?.goneCodes.length === 1,
          'the place to be freed',
        )
        socket.end()
        await empty(server)
      }
    })

    test('the server counts the connection, and closes when it has ended', async (defer) => {
      const { server, clients, dial } = await bench(defer, { tls })
      await dial()
      await dial()
      assert.is(await connectionsOf(server), 2)
      const closed = once(server, 'close')
      server.close()
      clients[0]!.terminate()
      clients[1]!.terminate()
      await closed
    })

    test('a flood of pings that nobody reads takes no memory', async (defer) => {
      const { clients, dial } = await bench(defer, { tls })
      const { socket } = await dial()
      socket.pause()
      const pings = Buffer.concat(Array<Buffer>(400).fill(framed(9, 'x'.repeat(120))))
      let most = 0
      for (let i = 0; i < 300; i++) {
        socket.write(pings)
        await new Promise((resolve) => setImmediate(resolve))
        most = Math.max(most, clients[0]!.queuedBytes)
      }
      assert.ok(most < 512 * 1024, `${most} bytes`)
    })
  })
}

suite('transport/ws/direct-reads', (test) => {
  const refused = (socket: Duplex) =>
    readDirectly(socket, Buffer.alloc(0), { chunk: new Uint8Array(8), read() {} }) === undefined

  test('leaves alone what is not plain TCP', () => {
    assert.ok(refused(new Duplex({ read() {}, write() {} })))
    assert.ok(refused(new Socket()), 'not connected')
    assert.ok(refused(new TLSSocket(new Socket())))
    class Other extends Socket {}
    assert.ok(refused(new Other()))
  })

  test('the next read lands in the buffer that is given by then', async (defer) => {
    const buffers = [Buffer.alloc(8), Buffer.alloc(8)]
    const reads: [where: number, text: string][] = []
    const server = createTcpServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      const direct = readDirectly(socket, Buffer.alloc(0), {
        get chunk() {
          return buffers[reads.length < 2 ? 0 : 1]!
        },
        read(lengthBytes, chunk) {
          reads.push([chunk === buffers[0] ? 0 : 1, chunk.toString('latin1', 0, lengthBytes)])
          direct!.socket.write('+')
        },
      })
      defer(() => direct?.socket.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    defer(() => server.close())
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    defer(() => client.destroy())
    for (const text of ['one', 'two', 'three', 'four']) {
      client.write(text)
      await once(client, 'data')
    }
    assert.equal(reads, [
      [0, 'one'],
      [0, 'two'],
      [1, 'three'],
      [1, 'four'],
    ])
  })
})
