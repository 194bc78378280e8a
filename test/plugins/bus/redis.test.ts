import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import redis from '../../../plugins/bus/redis.js'
import { Authority, opensslMissing } from '../../certificates.js'
import { construct } from '../../contract/index.js'
import { read } from '../../guard/source-tree.js'
import { until } from '../../live-server.js'
import { brokerCases } from '../../real-server/broker-cases.js'
import { findRedis, startRedis } from '../../real-server/redis.js'
import { listen, reaches, refusal, running } from '../../real-server/running-bus.js'
import { type Defer, suite } from '../../suite.js'

const found = findRedis()

const at = (port: number, more: object = {}) => ({ url: `redis://127.0.0.1:${port}`, ...more })

suite('bus/redis', (test) => {
  test('refuses addresses that make no sense, and never repeats one', () => {
    const urls = [
      '',
      'redis://',
      'http://host',
      'user:secret@host',
      'redis://user:secret@host/some/path',
      'redis://user:secret@host?tls=true',
    ]
    for (const url of urls) {
      assert.throws(
        () => construct(redis, { url }),
        (error: Error) => /^url: /.test(error.message) && !error.message.includes('secret'),
        url,
      )
    }
    assert.throws(() => construct(redis, { tls: {} }), /^tls: needs a url that begins with rediss/)
    assert.throws(() => construct(redis, { url: 'rediss://host', tls: { key: 'x' } }), /^tls\.key: /)
    construct(redis, { url: 'rediss://user:a%2Fb@[::1]:7000/3', tls: { ca: 'x' } })
  })

  if ('missing' in found) {
    test.skip('with a real broker', found.missing)
    return
  }
  const { path } = found
  const start = (defer: Defer, ...more: string[]) =>
    startRedis(defer, path, (port) => ['--port', String(port), ...more])

  brokerCases(test, {
    plugin: redis,
    start: (defer) => start(defer),
    startImpatient: (defer) => start(defer, '--client-output-buffer-limit', 'pubsub 1mb 1mb 1'),
    options: (port) => at(port),
  })

  test('messages are bytes: none is changed on its way', async (defer) => {
    const { port } = await start(defer)
    const [a, b] = [await running(defer, redis, at(port)), await running(defer, redis, at(port))]
    const heard: Buffer[] = []
    await b.bus.subscribe('room', (message) => heard.push(Buffer.from(message)))
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256))
    await a.bus.publish('room', bytes)
    await until(() => heard.length === 1, 'the message')
    assert.equal(heard[0]!.toString('hex'), bytes.toString('hex'))
  })

  test('what a stranger publishes in no form of ours is dropped', async (defer) => {
    const { port } = await start(defer)
    const { bus } = await running(defer, redis, at(port))
    const heard = await listen(bus, 'room')
    const { Redis } = await import('ioredis')
    const stranger = new Redis(port, '127.0.0.1')
    defer(() => stranger.disconnect())
    for (const message of ['', 'short', Buffer.alloc(11)]) await stranger.publish('room', message)
    await stranger.publish('room', Buffer.alloc(13, 'x'))
    await until(() => heard.length > 0, 'the one that is long enough')
    assert.equal(heard, ['x'])
  })

  test('a password: comes in with the right one, and not with a wrong one or none', async (defer) => {
    const { port } = await start(defer, '--requirepass', 'the+right/one')
    const url = (user: string) => `redis://${user}127.0.0.1:${port}`
    const { bus } = await running(defer, redis, { url: url(`:${encodeURIComponent('the+right/one')}@`) })
    assert.is(bus.state, 'up')
    for (const user of ['', ':wrong@', 'nobody:wrong@']) {
      const message = await refusal(defer, redis, { url: url(user) })
      assert.match(message, /^Redis at 127\.0\.0\.1:\d+ can't be reached: .*(WRONGPASS|NOAUTH)/)
      assert.not.match(message, /nobody|:wrong/)
    }
  })

  test('a user with no more rights than the guide says is enough, and one that lacks a topic is told', async (defer) => {
    const [, rights] = /ACL SETUSER signalbox (.*)/.exec(read('docs/guides/buses.md'))!
    const { port } = await start(defer, '--user', 'signalbox', ...rights!.split(' '))
    const url = `redis://signalbox:PASSWORD@127.0.0.1:${port}`
    const { bus, lines } = await running(defer, redis, { url })
    await reaches(bus, 'signalbox.b', await listen((await running(defer, redis, { url })).bus, 'signalbox.b'))
    await bus.subscribe('elsewhere', () => {})
    await until(() => bus.state === 'degraded', 'it to notice')
    assert.match(JSON.stringify(lines), /NOPERM/)
  })

  if (opensslMissing !== undefined) test.skip('TLS', opensslMissing)
  else
    test('TLS: trusts whom it should, shows who it is, and says nothing in the clear', async (defer) => {
      const [authority, stranger] = [new Authority(defer), new Authority(defer)]
      const [server, client] = [authority.issue('server'), authority.issue('client')]
      const pem = (file: string) => readFileSync(file, 'utf8')
      const files = [
        '--tls-cert-file',
        server.cert,
        '--tls-key-file',
        server.key,
        '--tls-ca-cert-file',
        authority.cert,
      ]
      const { port } = await startRedis(defer, path, (free) => [
        '--port',
        '0',
        '--tls-port',
        String(free),
        ...files,
      ])
      const url = `rediss://127.0.0.1:${port}`
      const own = { ca: pem(authority.cert), cert: pem(client.cert), key: pem(client.key) }
      const [a, b] = [
        await running(defer, redis, { url, tls: own }),
        await running(defer, redis, { url, tls: own }),
      ]
      await reaches(a.bus, 'room', await listen(b.bus, 'room'))
      const clear = await start(defer)
      const refused = [
        { url, tls: { ...own, ca: pem(stranger.cert) } },
        { url, tls: { ca: own.ca } },
        { url },
        { url: `redis://127.0.0.1:${port}` },
        { url: `rediss://127.0.0.1:${clear.port}`, tls: own },
      ]
      for (const [i, options] of refused.entries()) {
        assert.match(await refusal(defer, redis, options), /can't be reached/, String(i))
      }
    })
})
