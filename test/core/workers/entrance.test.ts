import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { systemClock } from '../../../core/clock.js'
import { type Arrival, Entrance, type EntranceOptions } from '../../../core/workers/entrance.js'
import { FakeClock } from '../../contract/fake-clock.js'
import { until } from '../../live-server.js'
import { rawSocket, untilClosed } from '../../raw-http.js'
import { type Defer, suite } from '../../suite.js'

async function open(defer: Defer, options: Partial<EntranceOptions> = {}) {
  const arrivals: Arrival[] = []
  const entrance = new Entrance({
    host: '127.0.0.1',
    port: 0,
    secure: false,
    limit: 100,
    limitMs: 5000,
    clock: systemClock,
    arrived: (arrival) => arrivals.push(arrival),
    ...options,
  })
  await entrance.start()
  defer(() => entrance.stop())
  const dial = (text = ''): Promise<Socket> => rawSocket(defer, entrance.port, text)
  return { entrance, arrivals, dial }
}

/** What is left in the kernel for whoever takes the connection over. */
async function rest({ socket }: Arrival, lengthBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
  })
  const { _handle } = socket as unknown as { _handle: { readStart(): void } }
  if (socket.isPaused()) socket.resume()
  else _handle.readStart()
  await until(() => bytes >= lengthBytes, 'what is left')
  return Buffer.concat(chunks).toString('latin1')
}

suite('workers/entrance', (test) => {
  test('passes on what asks for a room, with all that was read and nothing more', async (defer) => {
    const { arrivals, dial } = await open(defer)
    const text = `GET /signal?room=kitchen HTTP/1.1\r\nX: ${randomBytes(300_000).toString('hex')}`
    await dial(text)
    await until(() => arrivals.length === 1, 'an arrival')
    const [arrival] = arrivals
    assert.is(arrival!.room, 'kitchen')
    const head = arrival!.head.toString('latin1')
    assert.ok(head.length < text.length, 'the reading stopped')
    const others = await rest(arrival!, text.length - head.length)
    assert.ok(head + others === text, 'every byte is there once')
  })

  test('a line that comes byte by byte is waited for', async (defer) => {
    const { entrance, arrivals, dial } = await open(defer)
    const socket = await dial()
    for (const byte of 'GET /signal?room=slow HTTP/1.1\r') {
      socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal([arrivals.length, entrance.waiting], [0, 1])
    socket.write('\n')
    await until(() => arrivals.length === 1, 'an arrival')
    assert.equal(
      [arrivals[0]!.room, arrivals[0]!.head.toString()],
      ['slow', 'GET /signal?room=slow HTTP/1.1\r\n'],
    )
    assert.ok(arrivals[0]!.release())
    assert.is(entrance.waiting, 0)
  })

  test('over TLS nothing is read', async (defer) => {
    const { arrivals, dial } = await open(defer, { secure: true })
    await dial('client hello')
    await until(() => arrivals.length === 1, 'an arrival')
    assert.equal([arrivals[0]!.room, arrivals[0]!.head.length], [undefined, 0])
    assert.is(await rest(arrivals[0]!, 12), 'client hello')
  })

  test('a line without an end goes on after 16 KiB: a worker says what is wrong with it', async (defer) => {
    const { arrivals, dial } = await open(defer)
    await dial(`GET /?room=x&${'y'.repeat(20_000)}`)
    await until(() => arrivals.length === 1, 'an arrival')
    assert.is(arrivals[0]!.room, undefined)
    assert.ok(arrivals[0]!.head.length >= 16 * 1024)
  })

  test('whoever is too slow is dropped, with its line or without', async (defer) => {
    const clock = new FakeClock()
    const { entrance, arrivals, dial } = await open(defer, { clock, limitMs: 1000 })
    const silent = await dial('GET /')
    const asked = await dial('GET / HTTP/1.1\r\n')
    await until(() => arrivals.length === 1 && entrance.waiting === 2, 'both')
    clock.advance(1000)
    await Promise.all([untilClosed(silent), untilClosed(asked)])
    await until(() => entrance.waiting === 0, 'nobody')
    assert.not(arrivals[0]!.release())
    assert.equal([entrance.dropped, clock.pending], [2, 0])
  })

  test('who was handed over is not dropped', async (defer) => {
    const clock = new FakeClock()
    const { arrivals, dial } = await open(defer, { clock, limitMs: 1000 })
    await dial('GET / HTTP/1.1\r\n')
    await until(() => arrivals.length === 1, 'an arrival')
    assert.ok(arrivals[0]!.release())
    clock.advance(1000)
    assert.equal([arrivals[0]!.socket.destroyed, clock.pending], [false, 0])
    arrivals[0]!.socket.destroy()
  })

  test('no more wait than may: one too many ends whoever has been silent for longest', async (defer) => {
    const { entrance, arrivals, dial } = await open(defer, { limit: 2 })
    const silent = await dial('GET')
    await until(() => entrance.waiting === 1, 'one')
    await dial('GET / HTTP/1.1\r\n')
    await until(() => arrivals.length === 1, 'an arrival')
    await dial('GET / HTTP/1.1\r\n')
    await untilClosed(silent)
    await until(() => arrivals.length === 2, 'another arrival')
    assert.equal([entrance.waiting, entrance.dropped], [2, 1])
    assert.is(await untilClosed(await dial('GET / HTTP/1.1\r\n')), '', 'nobody else is silent')
    assert.equal([entrance.waiting, entrance.dropped], [2, 2])
    arrivals[0]!.release()
    await dial('GET / HTTP/1.1\r\n')
    await until(() => arrivals.length === 3, 'a third')
  })

  test('a client that goes before it has asked for anything leaves nothing behind', async (defer) => {
    const clock = new FakeClock()
    const { entrance, arrivals, dial } = await open(defer, { clock })
    const [ended, reset] = [await dial('GET '), await dial('GET ')]
    await until(() => entrance.waiting === 2, 'both')
    ended.end()
    reset.resetAndDestroy()
    await until(() => entrance.waiting === 0, 'nobody')
    assert.equal([arrivals.length, clock.pending], [0, 0])
  })

  test('stop ends whoever waits', async (defer) => {
    const { entrance, dial } = await open(defer)
    const socket = await dial('GET ')
    await until(() => entrance.waiting === 1, 'one')
    entrance.stop()
    await untilClosed(socket)
  })
})
