/** What every bus must show with a real broker, beyond the contract: nobody may be taken in by a broker that is half there. */

import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { systemClock } from '../../core/clock.js'
import type { Plugin } from '../../core/plugin.js'
import { busContract, construct } from '../contract/index.js'
import { liveServer, until } from '../live-server.js'
import { rejection } from '../rejection.js'
import { type Defer, type Define, ENGINES } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import type { RealServer } from './real-server.js'
import { busNode, listen, reaches, refusal, running, startWithout } from './running-bus.js'

export interface BrokerUnderTest {
  readonly plugin: Plugin<'bus'>
  /** Starts a broker that ends with the test. */
  start(defer: Defer): Promise<RealServer>
  /** One that keeps no more than a megabyte for a client that doesn't read. */
  startImpatient(defer: Defer): Promise<RealServer>
  /** The options that lead to it, with no more than the address. */
  options(port: number): Record<string, unknown>
}

/** Messages of 64 KiB: more than all buffers on the way to a process that doesn't read. */
const FLOOD = 640

const LIBRARIES: Readonly<Record<string, string>> = { nats: '@nats-io/transport-node', redis: 'ioredis' }

/** Raw clients answer no pings. */
const PATIENT = { pingMs: 600_000 }

/** What contract cases may take: they wait for brokers to come and go. */
const CASE_MS = 90_000

export function brokerCases(test: Define, { plugin, start, startImpatient, options }: BrokerUnderTest): void {
  const harness = (port: number, outage: { begin(): unknown; end(): unknown }) => ({
    make: () => construct(plugin, options(port), { clock: systemClock }),
    makeFailing: () => construct(plugin, options(1), { clock: systemClock }),
    outage,
  })
  const names = busContract(harness(0, { begin() {}, end() {} })).map(({ name }) => name)
  for (const name of names) {
    test(
      name,
      async (defer) => {
        const server = await start(defer)
        const outage = { begin: () => server.kill(), end: () => server.start() }
        const found = busContract(harness(server.port, outage)).find((one) => one.name === name)
        await found!.run()
      },
      CASE_MS,
    )
  }

  test(
    'notices a broker that takes everything and answers nothing, and one that goes on',
    async (defer) => {
      const server = await start(defer)
      defer(() => server.resume())
      const [a, b] = [
        await running(defer, plugin, options(server.port)),
        await running(defer, plugin, options(server.port)),
      ]
      const heard = await listen(b.bus, 'room')
      server.pause()
      await until(() => a.bus.state === 'degraded' && b.bus.state === 'degraded', 'both to notice')
      assert.match(JSON.stringify(a.lines), /no sign of life/)
      await rejection(a.bus.publish('room', Buffer.from('to nobody')))
      server.resume()
      await until(() => a.bus.state === 'up' && b.bus.state === 'up', 'both to be back')
      await reaches(a.bus, 'room', heard)
    },
    CASE_MS,
  )

  test(
    'does not start with a broker that answers nothing; where it may, it does, and is up when that goes on',
    async (defer) => {
      const server = await start(defer)
      defer(() => server.resume())
      server.pause()
      const sockets = () => process.getActiveResourcesInfo().filter((type) => type === 'TCPSocketWrap').length
      const before = sockets()
      assert.match(await refusal(defer, plugin, options(server.port)), /can't be reached: /)
      await until(() => sockets() <= before, 'the sockets of the attempt to be gone')
      const { bus, lines } = await running(defer, plugin, { ...options(server.port), unreachable: 'degrade' })
      assert.is(bus.state, 'degraded')
      assert.match(JSON.stringify(lines), /starting degraded/)
      server.resume()
      await until(() => bus.state === 'up', 'it to come')
    },
    CASE_MS,
  )

  test(
    'a broker that comes and goes five times finds every topic again',
    async (defer) => {
      const server = await start(defer)
      const [a, b] = [
        await running(defer, plugin, options(server.port)),
        await running(defer, plugin, options(server.port)),
      ]
      for (let i = 0; i < 5; i++) {
        const heard = await listen(b.bus, `topic.${i}`)
        await server.kill()
        await server.start()
        await until(() => a.bus.state === 'up' && b.bus.state === 'up', 'both to be back')
        await reaches(a.bus, `topic.${i}`, heard)
      }
    },
    CASE_MS,
  )

  test(
    '20,000 topics come back, each of them',
    async (defer) => {
      const server = await start(defer)
      const [a, b] = [
        await running(defer, plugin, options(server.port)),
        await running(defer, plugin, options(server.port)),
      ]
      const heard = new Set<string>()
      const topics = Array.from({ length: 20_000 }, (_, i) => `room.${i}`)
      await Promise.all(topics.map((topic) => b.bus.subscribe(topic, () => heard.add(topic))))
      await server.kill()
      await until(() => b.bus.state === 'degraded', 'it to notice')
      await server.start()
      await until(() => a.bus.state === 'up' && b.bus.state === 'up', 'both to be back')
      for (let i = 0; i < topics.length; i += 1000) {
        await Promise.all(topics.slice(i, i + 1000).map((topic) => a.bus.publish(topic, Buffer.from('x'))))
      }
      await until(() => heard.size === topics.length, 'a message on each')
    },
    CASE_MS,
  )

  test(
    'a node that does not read is cut off by the broker, and is back when it reads; nobody else notices',
    async (defer) => {
      const server = await startImpatient(defer)
      const [a, b] = [
        await running(defer, plugin, options(server.port)),
        await running(defer, plugin, options(server.port)),
      ]
      const slow = await busNode(defer, plugin.name, options(server.port))
      defer(() => slow.child.kill('SIGCONT'))
      let heard = 0
      await b.bus.subscribe('flood', () => heard++)
      slow.child.kill('SIGSTOP')
      const message = new Uint8Array(64 * 1024)
      for (let sent = 0; sent < FLOOD; sent++) {
        await a.bus.publish('flood', message)
        // Who reads is not to be cut off for being on a busy machine.
        if (sent % 8 === 0) await until(() => heard >= sent - 8, 'the one that reads to keep up')
      }
      await until(() => heard === FLOOD, 'everything at the one that reads')
      slow.child.kill('SIGCONT')
      await until(() => slow.report().losses > 0 && slow.report().state === 'up', 'the slow one to be back')
      await until(() => {
        void a.bus.publish('after', message).catch(() => {})
        return slow.report().heard.after > 0
      }, 'it to hear again')
      assert.ok(slow.report().heard.flood < FLOOD, 'it has missed something, or this test shows nothing')
      assert.equal([a.bus.state, b.bus.state], ['up', 'up'])
      assert.not.match(JSON.stringify([a.lines, b.lines]), /is away/)
    },
    CASE_MS,
  )

  for (const engine of ENGINES) {
    test(
      `${engine}: a server says that its broker is away, lives on, serves its rooms, and says when it is back`,
      async (defer) => {
        const server = await start(defer)
        const live = await liveServer(defer, engine, {
          admin: { port: 0 },
          limits: PATIENT,
          plugins: { bus: [{ use: plugin.name, options: options(server.port) }] },
        })
        const status = async (path: string) => (await fetch(`${live.adminUrl}${path}`)).status
        const [ada, bob] = [await live.client(), await live.client()]
        await ada.join('room')
        const { peers } = await bob.join('room')
        const chat = async () => {
          bob.send({ type: 'offer', room: 'room', to: peers[0].id, data: 'hello' })
          assert.is((await ada.next('offer')).data, 'hello')
        }
        await chat()
        assert.is(await status('/readyz'), 200)
        server.pause()
        defer(() => server.resume())
        const deadline = performance.now() + 30_000
        while ((await status('/readyz')) !== 503) assert.ok(performance.now() < deadline, 'readiness')
        assert.is(await status('/healthz'), 200)
        await chat()
        server.resume()
        while ((await status('/readyz')) !== 200) assert.ok(performance.now() < deadline, 'readiness again')
        await chat()
      },
      CASE_MS,
    )
  }

  for (const engine of ENGINES) {
    test(
      `${engine}: what is said to another server while the broker is dead arrives once and in order, and is acknowledged then`,
      async (defer) => {
        const broker = await start(defer)
        const node = (name: string) =>
          liveServer(defer, engine, {
            cluster: { name },
            limits: PATIENT,
            plugins: { bus: [{ use: plugin.name, options: options(broker.port) }] },
          })
        const [here, there] = [await node('here'), await node('there')]
        const [ada, bob] = [await here.client(), await there.client()]
        await ada.join('room')
        const { peers } = await bob.join('room')
        const to = peers[0]?.id ?? (await bob.next('peer-joined')).peer.id
        const say = (id: number) => bob.send({ type: 'signal', id, room: 'room', to, data: id })
        say(1)
        assert.is((await ada.next('signal')).data, 1)
        assert.is((await bob.next('ack')).id, 1)
        await broker.kill()
        for (let id = 2; id <= 50; id++) say(id)
        await bob.settled()
        assert.not.ok(
          bob.inbox.some(({ type }) => type === 'ack'),
          'nothing is acknowledged that waits',
        )
        await broker.start()
        for (let id = 2; id <= 50; id++) assert.is((await ada.next('signal')).data, id)
        for (let acknowledged = 1; acknowledged < 50; ) acknowledged = (await bob.next('ack')).id
        assert.not.ok(
          ada.inbox.some(({ type }) => type === 'signal'),
          'nothing comes twice',
        )
        // A server of a cluster waits for the sessions of those who may come back.
        for (const client of [ada, bob]) client.send({ type: 'bye' })
        await Promise.all([ada.closed, bob.closed])
      },
      CASE_MS,
    )
  }

  test('without the package of its client it does not start, and says how to get it', async (defer) => {
    const name = LIBRARIES[plugin.name]!
    const bus = [{ use: plugin.name, options: { ...options(1), unreachable: 'degrade' } }]
    const config = { listen: { port: 0 }, admin: false, plugins: { bus } }
    const folder = temporaryFolder(defer, { 'signalbox.json': JSON.stringify(config) })
    const { stderr, code } = await startWithout(name, join(folder, 'signalbox.json'))
    assert.match(stderr, `the package ${name} is not installed: npm install ${name}@`)
    assert.is(code, 1)
  })

  test('a prefix keeps clusters on one broker apart', async (defer) => {
    const server = await start(defer)
    const of = (prefix?: string) =>
      running(defer, plugin, { ...options(server.port), ...(prefix === undefined ? {} : { prefix }) })
    const [bare, red, redder, blue] = [await of(), await of('red'), await of('red'), await of('blue')]
    const heard = [
      await listen(bare.bus, 'room'),
      await listen(redder.bus, 'room'),
      await listen(blue.bus, 'room'),
    ]
    await reaches(red.bus, 'room', heard[1]!)
    assert.equal([heard[0], heard[2]], [[], []])
  })
}
