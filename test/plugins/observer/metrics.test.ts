import * as assert from 'uvu/assert'
import type { HubStats } from '../../../core/contracts/observer.js'
import metrics from '../../../plugins/observer/metrics.js'
import { construct, FakeAdminDoor, observerContract } from '../../contract/index.js'
import { type Defer, suite } from '../../suite.js'

const stats = (): { -readonly [K in keyof HubStats]: HubStats[K] } => ({
  peers: 3,
  detached: 1,
  detachedBytes: 2048,
  rooms: 2,
  memberships: 4,
  queuedBytes: 512,
  logBytes: 4096,
  waitingBytes: 128,
  handshakes: 2,
  nodes: 2,
  links: 1,
  unconfirmedBytes: 300,
  connections: 7,
  resumes: 5,
  moves: 1,
  replayed: 40,
  messages: { offer: 5, publish: 1 },
  refused: { E_AUTH: 2 },
  deliveries: 6,
  bytesIn: 1000,
  bytesOut: 2000,
  writes: 4,
  reads: 3,
  engineRebuilds: 1,
  resentBatches: 4,
  linksLost: 2,
  busDropped: { version: 3 },
  policyFigures: { admission_level: 2, admission_shed_joins: 30 },
})

interface Sample {
  readonly type: string
  readonly help: string
  readonly value: number
}

/** The Prometheus text format: samples by name and labels; fails on a line that is neither comment nor sample. */
function parse(text: string): Map<string, Sample> {
  const samples = new Map<string, Sample>()
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  for (const line of text.split('\n').filter((part) => part !== '')) {
    const comment = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line)
    if (comment) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string]
      const into = kind === 'TYPE' ? types : helps
      assert.not.ok(into.has(name), `${name} is described twice`)
      into.set(name, rest)
      continue
    }
    const sample = /^(\w+)(\{[^}]*\})? (-?[\d.e+-]+)$/.exec(line)
    assert.ok(sample, `not a sample: ${line}`)
    const [, name, labels = '', value] = sample as unknown as [string, string, string | undefined, string]
    assert.not.ok(samples.has(name + labels), `${name}${labels} stands twice`)
    samples.set(name + labels, { type: types.get(name)!, help: helps.get(name)!, value: Number(value) })
  }
  return samples
}

async function scraped(defer: Defer, options: object = {}) {
  const adminDoor = new FakeAdminDoor()
  const hubStats = stats()
  const plugin = construct(metrics, options, { adminDoor, hubStats })
  defer(() => plugin.stop?.())
  await plugin.start?.()
  const scrape = async (path = '/metrics') => parse((await adminDoor.get(path)).body)
  return { plugin, hubStats, adminDoor, scrape }
}

suite('observer/metrics', (test) => {
  for (const { name, run } of observerContract({ make: () => construct(metrics) })) test(name, run)

  test('shows what the hub counts', async (defer) => {
    const { scrape, adminDoor } = await scraped(defer, { process: false })
    const samples = await scrape()
    const values = Object.fromEntries([...samples].map(([name, { value }]) => [name, value]))
    assert.equal(values, {
      signalbox_peers: 3,
      signalbox_detached: 1,
      signalbox_detached_bytes: 2048,
      signalbox_rooms: 2,
      signalbox_memberships: 4,
      signalbox_queued_bytes: 512,
      signalbox_log_bytes: 4096,
      signalbox_waiting_bytes: 128,
      signalbox_handshakes: 2,
      signalbox_nodes: 2,
      signalbox_links: 1,
      signalbox_unconfirmed_bytes: 300,
      signalbox_connections_total: 7,
      signalbox_resumes_total: 5,
      signalbox_moves_total: 1,
      signalbox_replayed_total: 40,
      signalbox_deliveries_total: 6,
      signalbox_bytes_in_total: 1000,
      signalbox_bytes_out_total: 2000,
      signalbox_writes_total: 4,
      signalbox_reads_total: 3,
      signalbox_engine_rebuilds_total: 1,
      signalbox_resent_batches_total: 4,
      signalbox_links_lost_total: 2,
      'signalbox_messages_total{type="offer"}': 5,
      'signalbox_messages_total{type="publish"}': 1,
      'signalbox_refused_total{code="E_AUTH"}': 2,
      'signalbox_bus_dropped_total{reason="version"}': 3,
      'signalbox_policy_figures{name="admission_level"}': 2,
      'signalbox_policy_figures{name="admission_shed_joins"}': 30,
    })
    for (const [name, { type, help }] of samples) {
      assert.is(type, name.includes('_total') ? 'counter' : 'gauge', name)
      assert.match(help, /\.$/, name)
    }
    assert.is((await adminDoor.get('/metrics')).contentType, 'text/plain; version=0.0.4; charset=utf-8')
  })

  test('reads the counters at each scrape', async (defer) => {
    const { scrape, hubStats } = await scraped(defer, { process: false })
    await scrape()
    hubStats.peers = 0
    hubStats.connections = 8
    hubStats.messages = { offer: 6, publish: 1, signal: 2 }
    const samples = await scrape()
    assert.is(samples.get('signalbox_peers')!.value, 0)
    assert.is(samples.get('signalbox_connections_total')!.value, 8)
    assert.is(samples.get('signalbox_messages_total{type="offer"}')!.value, 6)
    assert.is(samples.get('signalbox_messages_total{type="signal"}')!.value, 2)
  })

  test('counts disconnects by code, without letting clients invent series', async (defer) => {
    const { plugin, scrape } = await scraped(defer, { process: false })
    const disconnect = (code: number) =>
      plugin.observe?.({ type: 'disconnected', peer: 'p', principal: 'alice', code })
    disconnect(1000)
    for (let code = 3000; code < 5000; code++) disconnect(code)
    const samples = await scrape()
    assert.is(samples.get('signalbox_disconnects_total{code="1000"}')!.value, 1)
    assert.is(samples.get('signalbox_disconnects_total{code="4002"}')!.value, 1)
    const series = [...samples.keys()].filter((name) => name.startsWith('signalbox_disconnects'))
    assert.ok(series.length < 20, `${series.length} series`)
    const total = series.reduce((sum, name) => sum + samples.get(name)!.value, 0)
    assert.is(total, 2001)
  })

  test('listens where it is told', async (defer) => {
    const { scrape } = await scraped(defer, { path: '/internal/metrics', process: false })
    assert.ok((await scrape('/internal/metrics')).has('signalbox_peers'))
    assert.throws(() => construct(metrics, { path: 'metrics' }), /options\.path: /)
  })

  test('lets two servers of one process each count for themselves', async (defer) => {
    const [one, two] = [await scraped(defer), await scraped(defer)]
    one.hubStats.peers = 1
    assert.is((await one.scrape()).get('signalbox_peers')!.value, 1)
    assert.is((await two.scrape()).get('signalbox_peers')!.value, 3)
  })
})
