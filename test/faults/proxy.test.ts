import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { until } from '../live-server.js'
import { type Defer, suite } from '../suite.js'
import { FaultProxy } from './proxy.js'

/** A server that keeps what it gets, a client of it, and the proxy between them. */
async function setUp(defer: Defer) {
  const server = createServer({ allowHalfOpen: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const proxy = await FaultProxy.listen((server.address() as AddressInfo).port)
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
  const far = await accepted
  for (const socket of [client, far]) socket.on('error', () => {})
  defer(() => {
    client.destroy()
    far.destroy()
    server.close()
    return proxy.close()
  })
  return { server, client, far, proxy, link: proxy.link(client.localPort!)! }
}

/** Collects what a socket receives. */
function listen(socket: Socket) {
  const chunks: Buffer[] = []
  let wake = () => {}
  let isOver = false
  for (const event of ['data', 'end', 'close', 'error']) socket.on(event, () => wake())
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('close', () => {
    isOver = true
  })
  const heard = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
  }
  return {
    chunks,
    text: () => Buffer.concat(chunks).toString(),
    bytes: (count: number) => heard(() => Buffer.concat(chunks).length >= count),
    ended: () => heard(() => socket.readableEnded || isOver),
    closed: () => heard(() => isOver),
  }
}

suite('faults/proxy', (test) => {
  test('passes bytes both ways, and the ends of streams', async (defer) => {
    const { client, far } = await setUp(defer)
    const [here, there] = [listen(client), listen(far)]
    client.end('hello')
    await there.ended()
    assert.is(there.text(), 'hello')
    far.end('back')
    await here.closed()
    assert.is(here.text(), 'back')
  })

  test('a cut resets both sides', async (defer) => {
    const { client, far, link } = await setUp(defer)
    const [here, there] = [listen(client), listen(far)]
    const codes: unknown[] = []
    client.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code))
    link.cut()
    await Promise.all([here.closed(), there.closed()])
    assert.equal(codes, ['ECONNRESET'])
  })

  test("one side's reset is the other's", async (defer) => {
    const { client, far } = await setUp(defer)
    const there = listen(far)
    client.resetAndDestroy()
    await there.closed()
  })

  test('half closes: the other way stays open', async (defer) => {
    const { client, far, link } = await setUp(defer)
    const [here, there] = [listen(client), listen(far)]
    link.halfClose('up')
    await there.ended()
    far.write('still here')
    await here.bytes(10)
    assert.is(client.closed, false)
  })

  test('a cut after both ways were closed lets go of the sockets', async (defer) => {
    const { client, far, proxy, link } = await setUp(defer)
    const [here, there] = [listen(client), listen(far)]
    link.halfClose('up')
    link.halfClose('down')
    await Promise.all([here.ended(), there.ended()])
    link.cut()
    await until(() => [...proxy.links].length === 0)
  })

  test('delays', async (defer) => {
    const { client, far, link } = await setUp(defer)
    const there = listen(far)
    link.shape('up', { delayMs: 60 })
    const start = performance.now()
    client.write('late')
    await there.bytes(4)
    assert.ok(performance.now() - start >= 59)
  })

  test('keeps the order also when a delay shrinks', async (defer) => {
    const { client, far, link } = await setUp(defer)
    const there = listen(far)
    link.shape('up', { delayMs: 60 })
    client.write('first,')
    await new Promise((resolve) => setTimeout(resolve, 20)) // it is in the proxy by then, or comes at once
    link.shape('up', {})
    client.write('second')
    await there.bytes(12)
    assert.is(there.text(), 'first,second')
  })

  test('slices into segments of one byte', async (defer) => {
    const { client, far, link } = await setUp(defer)
    const there = listen(far)
    link.shape('up', { sliceBytes: 1 })
    client.write('0123456789')
    await there.bytes(10)
    assert.is(there.text(), '0123456789')
  })

  test('throttles', async (defer) => {
    const { client, far, link } = await setUp(defer)
    const there = listen(far)
    link.shape('up', { bytesPerSecond: 10_000 })
    const start = performance.now()
    client.write(Buffer.alloc(2000))
    await there.bytes(2000)
    assert.ok(performance.now() - start >= 150)
  })

  test('swallows one direction for good, its end too, and passes the other', async (defer) => {
    const { client, far, link } = await setUp(defer)
    const [here, there] = [listen(client), listen(far)]
    link.shape('up', { swallow: true })
    client.end('lost')
    far.write('heard')
    await here.bytes(5)
    assert.is(there.text(), '')
    assert.is(far.readableEnded, false)
    link.cut()
    await there.closed()
  })

  test('shapes all links, those to come too, and refuses new ones while it is down', async (defer) => {
    const { client, far, proxy, server } = await setUp(defer)
    const there = listen(far)
    proxy.shapeAll({ swallow: true })
    client.write('lost')
    const next = new Promise<Socket>((resolve) => server.once('connection', resolve))
    const second = connect({ port: proxy.port, host: '127.0.0.1' })
    defer(() => second.destroy())
    second.on('error', () => {})
    second.write('lost too')
    const farther = await next
    defer(() => farther.destroy())
    const [here, beyond] = [listen(second), listen(farther)]
    proxy.shapeAll({})
    proxy.isDown = true
    await Promise.all([there.closed(), here.closed()])
    assert.is(there.text() + beyond.text(), '')
    const third = connect({ port: proxy.port, host: '127.0.0.1' })
    defer(() => third.destroy())
    const refused = new Promise((resolve) => third.on('close', resolve).on('error', () => {}))
    await refused
    proxy.isDown = false
    const again = new Promise<Socket>((resolve) => server.once('connection', resolve))
    const fourth = connect({ port: proxy.port, host: '127.0.0.1' })
    defer(() => fourth.destroy())
    const last = await again
    defer(() => last.destroy())
    fourth.write('heard')
    await listen(last).bytes(5)
  })

  test('slows a sender down whose receiver reads nothing', async (defer) => {
    const { client, far } = await setUp(defer)
    far.pause()
    let written = 0
    const chunk = Buffer.alloc(256 * 1024)
    while (written < 64 * 1024 * 1024 && client.write(chunk)) {
      written += chunk.length
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.ok(client.writableNeedDrain)
  })

  test('knows a link for as long as it lives', async (defer) => {
    const { client, far, proxy, link } = await setUp(defer)
    const port = client.localPort!
    assert.is([...proxy.links].length, 1)
    const [here, there] = [listen(client), listen(far)]
    link.cut()
    await Promise.all([here.closed(), there.closed()])
    await until(() => proxy.link(port) === undefined)
  })
})
