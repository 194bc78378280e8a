import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import * as assert from 'uvu/assert'
import { readJson } from '../../core/config/load.js'
import { importPlugin } from '../../core/loader.js'
import { type Kind, type Plugin, START_ORDER } from '../../core/plugin.js'
import { createServer } from '../../core/server.js'
import {
  authContract,
  balancerContract,
  busContract,
  type ContractCase,
  construct,
  FakeClock,
  observerContract,
  policyContract,
  transportContract,
} from '../contract/index.js'
import { watchedLogger } from '../log-watch.js'
import { suite } from '../suite.js'

const folder = fileURLToPath(new URL('../../../examples', import.meta.url))

/** The plugin that an example is about: the one its config names by a path. */
async function load<K extends Kind>(kind: K, name: string): Promise<{ plugin: Plugin<K>; options: unknown }> {
  const directory = `${folder}/${name}`
  const config = readJson(`${directory}/signalbox.json`) as {
    plugins: Record<Kind, { use: string; options?: unknown }[]>
  }
  const entry = config.plugins[kind].find(({ use }) => use.startsWith('.'))!
  const plugin = (await importPlugin(kind, entry.use, directory, name)) as unknown as Plugin<K>
  return { plugin, options: entry.options }
}

const subnet = await load('auth', 'auth-subnet')
const firstFit = await load('balancer', 'balancer-first-fit')
const broadcast = await load('bus', 'bus-broadcast-channel')
const openingHours = await load('policy', 'policy-opening-hours')
const logJoins = await load('observer', 'observer-log-joins')
const lines = await load('transport', 'transport-lines')

const contracts: Record<string, ContractCase[]> = {
  'auth-subnet': authContract({
    make: () => construct(subnet.plugin, subnet.options),
    accepted: [{ token: undefined, address: '10.1.2.3' }],
    refused: ['192.0.2.1', '::1', ''].map((address) => ({ token: undefined, address })),
  }),
  'balancer-first-fit': balancerContract({
    make: () => construct(firstFit.plugin, firstFit.options),
    sticky: false,
  }),
  'bus-broadcast-channel': busContract({ make: () => construct(broadcast.plugin, broadcast.options) }),
  'policy-opening-hours': policyContract({
    make: () => construct(openingHours.plugin, openingHours.options),
  }),
  'observer-log-joins': observerContract({ make: () => construct(logJoins.plugin, logJoins.options) }),
  'transport-lines': transportContract({
    make: (frontDoor, hub) => construct(lines.plugin, lines.options, { frontDoor, hub }),
    handshake: { path: '/lines', headers: { connection: 'Upgrade', upgrade: 'lines' } },
    encode: (message) => Buffer.from(`${message}\n`),
    decode(bytes) {
      const [, body = ''] = bytes.toString().split('\r\n\r\n')
      return body.split('\n').slice(0, -1)
    },
  }),
}

suite('examples', (test) => {
  test('has one for each kind of plugin, and all of them here', () => {
    const names = readdirSync(folder)
    assert.equal(names.sort(), Object.keys(contracts).sort())
    for (const kind of START_ORDER)
      assert.ok(
        names.some((name) => name.startsWith(`${kind}-`)),
        kind,
      )
  })

  for (const [example, cases] of Object.entries(contracts)) {
    for (const { name, run } of cases) test(`${example} ${name}`, run)

    test(`${example} serves with its own config`, async (defer) => {
      const directory = `${folder}/${example}`
      const config = readJson(`${directory}/signalbox.json`) as object
      const server = await createServer(
        { ...config, listen: { port: 0 }, admin: { port: 0 } },
        { directory, logger: watchedLogger(defer) },
      )
      const { url } = await server.start()
      try {
        assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
      } finally {
        await server.stop()
      }
    })
  }

  test('balancer-first-fit fills one before the next', () => {
    const balancer = construct(firstFit.plugin, { fullAt: 0.7 })
    const pick = (...loads: number[]) =>
      balancer.pick(
        'key',
        loads.map((load, i) => ({ id: `node-${i}`, load })),
      )?.id
    assert.is(pick(0.6, 0), 'node-0')
    assert.is(pick(0.7, 0.1, 0), 'node-1')
    assert.is(pick(0.9, 0.8, 1), 'node-1')
  })

  test('policy-opening-hours says when to come back', async () => {
    const clock = new FakeClock() // midnight
    const context = {
      principal: { id: 'alice', grants: {} },
      peer: 'p',
      room: 'r',
      members: 0,
      slot: 0,
      roomNumber: -1,
      now: 0,
    }
    const join = async (opens: number, closes: number): Promise<number | undefined> => {
      try {
        await construct(openingHours.plugin, { opens, closes }, { clock }).onJoin?.(context)
      } catch (error) {
        return (error as { retryAfterMs: number }).retryAfterMs
      }
      return undefined
    }
    assert.is(await join(7.5, 19), 7.5 * 3_600_000)
    assert.is(await join(22, 2), undefined, 'over midnight')
    assert.is(await join(0, 24), undefined, 'always')
    clock.advance(19 * 3_600_000 - 1)
    assert.is(await join(7.5, 19), undefined)
    clock.advance(1)
    assert.is(await join(7.5, 19), 12.5 * 3_600_000)
  })

  test('observer-log-joins writes what it is told to', () => {
    const written: string[] = []
    const logger = pino(
      { base: null, timestamp: false },
      { write: (line: string) => void written.push(line) },
    )
    const observer = construct(logJoins.plugin, { prefix: 'team-' }, { logger })
    const who = { peer: 'p', principal: 'alice' }
    observer.observe?.({ type: 'joined', ...who, room: 'team-red' })
    observer.observe?.({ type: 'joined', ...who, room: 'lobby' })
    observer.observe?.({ type: 'disconnected', ...who, code: 1000 })
    assert.equal(written, ['{"level":30,"principal":"alice","room":"team-red","msg":"joined"}\n'])
  })
})
