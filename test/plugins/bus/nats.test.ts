import { readFileSync } from 'node:fs'
import { nkeys } from '@nats-io/transport-node'
import * as assert from 'uvu/assert'
import nats from '../../../plugins/bus/nats.js'
import { Authority, opensslMissing } from '../../certificates.js'
import { construct } from '../../contract/index.js'
import { until } from '../../live-server.js'
import { brokerCases } from '../../real-server/broker-cases.js'
import { findNats, startNats } from '../../real-server/nats.js'
import { jwtCredentials } from '../../real-server/nats-credentials.js'
import { freePort } from '../../real-server/real-server.js'
import { listen, reaches, refusal, running } from '../../real-server/running-bus.js'
import { suite } from '../../suite.js'

const found = findNats()

const at = (port: number, more: object = {}) => ({ servers: [`nats://127.0.0.1:${port}`], ...more })

suite('bus/nats', (test) => {
  test('refuses options that do not go together, and names them', () => {
    const refused: [object, RegExp][] = [
      [{ token: 'a', user: 'b', password: 'c' }, /^user: is one way/],
      [{ user: 'b' }, /^password: goes with user/],
      [{ password: 'b' }, /^password: goes with user/],
      [{ tls: { cert: 'x' } }, /^tls.key: goes with/],
      [{ servers: ['nats://user:secret@host'] }, /servers/],
      [{ servers: ['http://host'] }, /servers/],
      [{ servers: [] }, /servers/],
      [{ prefix: 'a.b' }, /prefix/],
    ]
    for (const [options, why] of refused) assert.throws(() => construct(nats, options), why)
  })

  if ('missing' in found) {
    test.skip('with a real broker', found.missing)
    return
  }
  const { path } = found

  brokerCases(test, {
    plugin: nats,
    start: (defer) => startNats(defer, path),
    startImpatient: (defer) => startNats(defer, path, 'max_pending: 1MB\nwrite_deadline: "1s"'),
    options: (port) => at(port),
  })

  test('a cluster of brokers: messages pass between them, and who loses one goes to another', async (defer) => {
    const [left, right] = [await freePort(), await freePort()]
    const routed = (own: number, other: number) =>
      startNats(
        defer,
        path,
        `cluster { name: test, listen: "127.0.0.1:${own}", routes: ["nats://127.0.0.1:${other}"] }`,
      )
    const [first, second] = [await routed(left, right), await routed(right, left)]
    const both = { servers: [first, second].map(({ port }) => `nats://127.0.0.1:${port}`) }
    const [a, b, c] = [
      await running(defer, nats, at(first.port)),
      await running(defer, nats, at(second.port)),
      await running(defer, nats, both),
    ]
    const [atB, atC] = [await listen(b.bus, 'room'), await listen(c.bus, 'room')]
    await reaches(a.bus, 'room', atB)
    await reaches(a.bus, 'room', atC)
    await first.kill()
    await until(() => a.bus.state === 'degraded', 'the one that knows only the first')
    atC.length = 0
    await reaches(b.bus, 'room', atC)
    assert.is(c.bus.state, 'up')
  })

  const [jwt, stranger] = [jwtCredentials(), jwtCredentials()]
  const [user, other] = [nkeys.createUser(), nkeys.createUser()]
  const seed = (pair: typeof user) => Buffer.from(pair.getSeed()).toString()
  const CREDENTIALS: [name: string, config: string, right: object, wrong: object][] = [
    [
      'a key',
      `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
      { nkey: seed(user) },
      { nkey: seed(other) },
    ],
    ['a credentials file', jwt.config, { creds: jwt.creds }, { creds: stranger.creds }],
    ['a token', 'authorization { token: "right" }', { token: 'right' }, { token: 'wrong' }],
    [
      'a user',
      'authorization { users: [{ user: "box", password: "right" }] }',
      { user: 'box', password: 'right' },
      { user: 'box', password: 'wrong' },
    ],
  ]
  for (const [name, config, right, wrong] of CREDENTIALS) {
    test(`${name}: comes in with the right one, and not with a wrong one or none`, async (defer) => {
      const { port } = await startNats(defer, path, config)
      const { bus } = await running(defer, nats, at(port, right))
      assert.is(bus.state, 'up')
      for (const options of [wrong, {}]) {
        const message = await refusal(defer, nats, at(port, options))
        assert.match(message, /can't be reached: .*uthorization/i)
        assert.not.match(message, /wrong|right/)
      }
    })
  }

  if (opensslMissing !== undefined) test.skip('TLS', opensslMissing)
  else
    test('TLS: trusts whom it should, shows who it is, and says nothing in the clear', async (defer) => {
      const [authority, stranger] = [new Authority(defer), new Authority(defer)]
      const [server, client] = [authority.issue('server'), authority.issue('client')]
      const pem = (file: string) => readFileSync(file, 'utf8')
      const tls = `tls { cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${authority.cert}", verify: true, timeout: 10 }`
      const secure = await startNats(defer, path, tls)
      const own = { ca: pem(authority.cert), cert: pem(client.cert), key: pem(client.key) }
      const [a, b] = [
        await running(defer, nats, at(secure.port, { tls: own })),
        await running(defer, nats, { servers: [`tls://localhost:${secure.port}`], tls: own }),
      ]
      await reaches(a.bus, 'room', await listen(b.bus, 'room'))
      const refused: [object, number][] = [
        [{ tls: { ...own, ca: pem(stranger.cert) } }, secure.port],
        [{ tls: { ca: own.ca } }, secure.port],
        [{}, secure.port],
      ]
      const clear = await startNats(defer, path)
      refused.push([{ tls: own }, clear.port])
      for (const [options, port] of refused) {
        assert.match(
          await refusal(defer, nats, at(port, options)),
          /can't be reached/,
          Object.keys(options).join(),
        )
      }
    })

  test('is degraded, and says why, when the broker forbids a topic', async (defer) => {
    const config =
      'authorization { users: [{ user: "box", password: "right", permissions: { publish: "signalbox.>", subscribe: "signalbox.>" } }] }'
    const { port } = await startNats(defer, path, config)
    const { bus, lines } = await running(defer, nats, at(port, { user: 'box', password: 'right' }))
    await bus.subscribe('signalbox.room', () => {})
    assert.is(bus.state, 'up')
    await bus.subscribe('elsewhere', () => {})
    await until(() => bus.state === 'degraded', 'it to notice')
    await until(() => /permissions violation.*elsewhere/i.test(JSON.stringify(lines)), 'the log to say why')
  })

  test('refuses a broker whose messages are too small', async (defer) => {
    const { port } = await startNats(defer, path, 'max_payload: 65536')
    assert.match(await refusal(defer, nats, at(port)), /max_payload is 65536.*524288/)
  })
})
