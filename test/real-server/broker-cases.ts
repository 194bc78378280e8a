/** What every bus must show with a real broker, beyond the contract: nobody may be taken in by a broker that is half there. */

import { execFile, fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { systemClock } from '../../core/clock.js'
import type { Bus } from '../../core/contracts/bus.js'
import type { Lifecycle, Plugin } from '../../core/plugin.js'
import { capturedLogger } from '../captured-logger.js'
import { busContract, construct } from '../contract/index.js'
import type { BusNodeReport } from '../fixtures/bus-node.js'
import { until } from '../live-server.js'
import { rejection } from '../rejection.js'
import type { Defer, Define } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import type { RealServer } from './real-server.js'

/** A bus that runs, and everything it logged. */
export interface RunningBus {
  readonly bus: Bus & Lifecycle
  readonly lines: Record<string, unknown>[]
}

export interface BrokerUnderTest {
  readonly plugin: Plugin<'bus'>
  /** Starts a broker that ends with the test. */
  start(defer: Defer): Promise<RealServer>
  /** One that keeps no more than a megabyte for a client that doesn't read. */
  startImpatient(defer: Defer): Promise<RealServer>
  /** The options that lead to it, with no more than the address. */
  options(port: number): Record<string, unknown>
}

const BUS_NODE = fileURLToPath(new URL('../fixtures/bus-node.js', import.meta.url))
const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url))

/** Messages of 64 KiB: more than all buffers on the way to a process that doesn't read. */
const FLOOD = 640

const LIBRARIES: Readonly<Record<string, string>> = { nats: '@nats-io/transport-node', redis: 'ioredis' }

/** What contract cases may take: they wait for brokers to come and go. */
const CASE_MS = 90_000

/** Makes a bus and starts it; it stops with the test. */
export async function running(
  defer: Defer,
  plugin: Plugin<'bus'>,
  options: Record<string, unknown>,
): Promise<RunningBus> {
  const { logger, lines } = capturedLogger()
  const bus = construct(plugin, options, { clock: systemClock, logger })
  defer(() => bus.stop?.())
  await bus.start?.()
  return { bus, lines }
}

/** Why a bus doesn't start. */
export async function refusal(
  defer: Defer,
  plugin: Plugin<'bus'>,
  options: Record<string, unknown>,
): Promise<string> {
  const bus = construct(plugin, options, { clock: systemClock })
  defer(() => bus.stop?.())
  return (await rejection(Promise.resolve(bus.start?.()))).message
}

/** Subscribes; the array fills with what is heard. */
export async function listen(bus: Bus, topic: string): Promise<string[]> {
  const heard: string[] = []
  await bus.subscribe(topic, (message) => heard.push(Buffer.from(message).toString()))
  return heard
}

/** Says something until it is heard: what was lost on the way is lost. */
export async function reaches(from: Bus, topic: string, heard: string[]): Promise<void> {
  let said = 0
  await until(() => {
    void from.publish(topic, Buffer.from(`said ${++said}`)).catch(() => {})
    return heard.some((text) => text.startsWith('said'))
  }, `a message on ${topic}`)
}

/** Starts a server for which a package isn't installed. */
async function startWithout(name: string, file: string): Promise<{ stderr: string; code: unknown }> {
  const absent = `export async function resolve(specifier, context, next) {
    if (specifier !== ${JSON.stringify(name)}) return next(specifier, context)
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
  }`
  const hooks = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(absent))})`
  const args = ['--import', dataUrl(hooks), MAIN, 'start', '--config', file]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 20_000 }, (error, _stdout, stderr) =>
      resolve({ stderr, code: error?.code ?? 0 }),
    )
  })
}

const dataUrl = (script: string): string => `data:text/javascript,${encodeURIComponent(script)}`

/** A bus in a process of its own, that can be stopped. */
async function busNode(defer: Defer, name: string, options: Record<string, unknown>) {
  const child = fork(BUS_NODE, [name, JSON.stringify(options)], { stdio: 'inherit' })
  defer(() => child.kill('SIGKILL'))
  let report: BusNodeReport | undefined
  child.on('message', (message: BusNodeReport) => {
    report = message
  })
  await until(() => report?.state === 'up', 'the other process to be up')
  return { child, report: () => report! }
}

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
      assert.match(await refusal(defer, plugin, options(server.port)), /can't be reached: /)
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
