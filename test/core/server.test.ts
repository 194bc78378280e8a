import { createServer as createTcpServer } from 'node:net'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../core/config/config-error.js'
import { createServer } from '../../core/server.js'
import { capturedLogger } from '../captured-logger.js'
import { RawClient } from '../live-server.js'
import { rejection } from '../rejection.js'
import { type Defer, suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'

const QUIET = { listen: { port: 0 }, page: false }
const door = new URL('../../core/api.js', import.meta.url).href

/** A policy that writes into `log` what happens to it, and does what `start` says. */
const policyText = (name: string, start = '') => `
  import { definePlugin, Type } from ${JSON.stringify(door)}
  const log = globalThis.signalboxLife
  export default definePlugin({
    kind: 'policy', name: '${name}', description: 'Mine.', options: Type.Object({}),
    useClass: class {
      async start() { log.push('+${name}'); ${start} }
      async stop() { log.push('-${name}') }
    },
  })`

const log: string[] = []
Object.assign(globalThis, { signalboxLife: log })

/** What happened since the last look. */
const life = (): string[] => log.splice(0)

async function freePort(): Promise<number> {
  const probe = createTcpServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Binds a port for the length of a test. */
async function occupy(defer: Defer, port: number): Promise<void> {
  const holder = createTcpServer()
  await new Promise<void>((resolve, reject) =>
    holder.once('error', reject).listen(port, '127.0.0.1', resolve),
  )
  defer(() => new Promise((resolve) => holder.close(resolve)))
}

const create = (config: object, directory = '.') =>
  createServer(config, { directory, logger: capturedLogger().logger })

suite('server', (test) => {
  test('starts, serves and stops; another one then takes the same ports', async (defer) => {
    const port = await freePort()
    for (let round = 0; round < 2; round++) {
      const server = await create({ ...QUIET, listen: { port }, admin: { port: 0 } })
      const { url, adminUrl } = await server.start()
      defer(() => server.stop())
      assert.is(url, `http://127.0.0.1:${port}`)
      assert.is(await (await fetch(`${adminUrl}/healthz`)).text(), 'ok\n')
      const client = new RawClient(url, {})
      await client.next('welcome')
      assert.is(server.stats.peers, 1)
      await server.stop()
      assert.equal(await client.closed, { code: 4000, reason: 'the server is shutting down' })
      assert.is(server.stats.peers, 0)
      await rejection(fetch(`${url}/`))
      await server.stop()
    }
  })

  test('a stop with a client connected takes no time-out', async () => {
    const server = await create({ ...QUIET, admin: false })
    const { url } = await server.start()
    const client = new RawClient(url, {})
    await client.next('welcome')
    const start = performance.now()
    await server.stop()
    assert.ok(performance.now() - start < 1500, `${performance.now() - start} ms`)
  })

  test('health, readiness and metrics stand on the admin listener only', async (defer) => {
    const server = await create({ ...QUIET, admin: { port: 0 } })
    const { url, adminUrl } = await server.start()
    defer(() => server.stop())
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      assert.is((await fetch(`${adminUrl}${path}`)).status, 200, path)
      assert.is((await fetch(`${url}${path}`)).status, 404, path)
    }
  })

  test('without an admin listener observers still start', async (defer) => {
    const server = await create({ ...QUIET, admin: false })
    const { adminUrl } = await server.start()
    defer(() => server.stop())
    assert.is(adminUrl, undefined)
  })

  test('plugins start in the order of kinds and of the config, and stop in reverse', async (defer) => {
    const directory = temporaryFolder(defer, { 'a.mjs': policyText('a'), 'b.mjs': policyText('b') })
    life()
    const server = await create(
      { ...QUIET, admin: false, plugins: { policy: [{ use: './b.mjs' }, { use: './a.mjs' }] } },
      directory,
    )
    assert.equal(life(), []) // made, not started
    await server.start()
    assert.equal(life(), ['+b', '+a'])
    await server.stop()
    assert.equal(life(), ['-a', '-b'])
  })

  test('a plugin that fails to start: named, everything before it stopped, nothing listening', async (defer) => {
    const directory = temporaryFolder(defer, {
      'good.mjs': policyText('good'),
      'bad.mjs': policyText('bad', "throw new Error('no licence')"),
      'late.mjs': policyText('late'),
    })
    life()
    const [port, adminPort] = [await freePort(), await freePort()]
    const uses = ['good', 'bad', 'late'].map((name) => ({ use: `./${name}.mjs` }))
    const config = { page: false, listen: { port }, admin: { port: adminPort }, plugins: { policy: uses } }
    const error = await rejection((await create(config, directory)).start())
    assert.is(error.message, 'policy/bad: start: no licence')
    assert.equal(life(), ['+good', '+bad', '-bad', '-good'])
    await occupy(defer, port)
    await occupy(defer, adminPort)
  })

  test('a plugin whose start never ends is cut off and named', async (defer) => {
    const directory = temporaryFolder(defer, {
      'slow.mjs': policyText('slow', 'await new Promise(() => {})'),
    })
    life()
    const plugins = { policy: [{ use: './slow.mjs' }] }
    const server = await create({ ...QUIET, admin: false, limits: { pluginMs: 50 }, plugins }, directory)
    const { message } = await rejection(server.start())
    assert.is(message, 'policy/slow: start: not done within 50 ms (limits.pluginMs)')
    assert.equal(life(), ['+slow', '-slow'])
  })

  test('a port that is taken: a config error that says so, and the other port is free again', async (defer) => {
    const [port, adminPort] = [await freePort(), await freePort()]
    await occupy(defer, port)
    const server = await create({ page: false, listen: { port }, admin: { port: adminPort } })
    const error = await rejection(server.start())
    assert.instance(error, ConfigError)
    assert.match(error.message, new RegExp(`^listen: 127\\.0\\.0\\.1:${port} is taken;`))
    await occupy(defer, adminPort)
  })

  test('a config that is wrong makes no server, and every problem is told', async () => {
    const wrong = { listn: {}, plugins: { auth: [{ use: 'jtw' }] } }
    const { message } = await rejection(create(wrong))
    assert.is(message, 'listn: unknown key; did you mean "listen"?')
    const later = await rejection(create({ plugins: { auth: [{ use: 'jtw' }], transport: [{ use: 'sw' }] } }))
    assert.is(later.message.split('\n').length, 2)
  })

  test('open auth beyond loopback, or an open admin listener, makes no server either', async () => {
    const open = await rejection(create({ listen: { host: '0.0.0.0', port: 0 } }))
    assert.instance(open, ConfigError)
    assert.match(open.message, /^plugins\.auth\[0\]\.options\.insecure: .*0\.0\.0\.0/)
    const admin = await rejection(create({ ...QUIET, admin: { host: '0.0.0.0' } }))
    assert.match(admin.message, /^admin\.token: is missing/)
  })

  test('one that binds no port serves the connections that it is handed', async (defer) => {
    const { logger, lines } = capturedLogger()
    const server = await createServer({ ...QUIET, admin: false }, { logger, binds: false })
    await server.start()
    defer(() => server.stop())
    const listener = createTcpServer({ pauseOnConnect: true }, (socket) =>
      server.take(socket, Buffer.alloc(0)),
    )
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    defer(() => listener.close())
    const { port } = listener.address() as { port: number }
    const client = new RawClient(`http://127.0.0.1:${port}`, { query: 'room=kitchen' })
    assert.equal((await client.next('joined')).peers, [])
    await server.stop()
    assert.is((await client.closed).code, 4000)
    assert.equal(
      lines.filter(({ msg }) => msg === 'listening'),
      [],
    )
  })

  test('one server is one process: a config that asks for more says what makes them', async () => {
    const { message } = await rejection(create({ ...QUIET, workers: 2 }))
    assert.is(message, 'workers: this server is one process; make one with workers by createPrimary')
  })

  test('the log names the engine and the addresses, and nothing of a client but its address', async (defer) => {
    const { logger, lines } = capturedLogger()
    const server = await createServer({ ...QUIET, admin: false, engine: 'js' }, { logger })
    const { url } = await server.start()
    defer(() => server.stop())
    const client = new RawClient(url, { token: 'a-secret-token', query: 'room=secret-room' })
    await client.next('joined')
    client.send({ type: 'publish', room: 'secret-room', data: 'secret-data' })
    await client.settled()
    client.socket.close()
    await client.closed
    await server.stop()
    assert.equal([lines[0]?.msg, lines[0]?.url, lines[0]?.engine], ['listening', url, 'js'])
    assert.not.match(JSON.stringify(lines), /secret/)
  })
})
