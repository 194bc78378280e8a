/** Shows the hub's counters to Prometheus. */

import { Counter, Gauge, Registry } from 'prom-client'
import {
  ADMIN_DOOR,
  type AdminDoor,
  definePlugin,
  ERRORS,
  HUB_STATS,
  type HubEvent,
  type HubStats,
  inject,
  injectable,
  type Lifecycle,
  type Observer,
  OPTIONS,
  type Static,
  Type,
} from '../../core/api.js'
import { ProcessMetrics } from './metrics/process-metrics.js'

const options = Type.Object({
  path: Type.String({
    pattern: '^/[^?#\\s]*$',
    default: '/metrics',
    description: 'where it is served on the admin listener',
  }),
  process: Type.Boolean({
    default: true,
    description: 'also CPU time, memory, event loop delay and garbage collection of the process',
  }),
})

type Options = Static<typeof options>

type NumberOf<T> = { [K in keyof T]: T[K] extends number ? K : never }[keyof T]
type TableOf<T> = { [K in keyof T]: T[K] extends number ? never : K }[keyof T]

const GAUGES: Partial<Record<NumberOf<HubStats>, string>> = {
  peers: 'Peers now, those included whose socket is gone and who may come back.',
  detached: 'Peers now whose socket is gone.',
  detachedBytes: 'Bytes of frames kept for peers whose socket is gone.',
  rooms: 'Rooms that have members now.',
  memberships: 'Memberships now: the sum of the rooms of every peer.',
  logBytes: 'Bytes of the frames sent last, kept to be sent again to connected clients.',
  waitingBytes: 'Bytes held back while a plugin decides about the join or the token before them.',
  handshakes: 'Handshakes under way.',
  nodes: 'Other nodes of the cluster that are alive.',
  links: 'Links to other nodes that are up.',
  unconfirmedBytes: 'Bytes for other nodes that those have not confirmed.',
  queuedBytes: 'Bytes that wait for clients, in queues or in sockets.',
}
const COUNTERS: Partial<Record<NumberOf<HubStats>, string>> = {
  connections: 'Connections let in as new peers.',
  resumes: 'Sessions that went on with another socket.',
  moves: 'Sessions that came from other nodes, with their clients.',
  replayed: 'Frames that resumed sessions were sent again.',
  deliveries: 'Frames handed to sockets, one a recipient.',
  bytesIn: 'Bytes of messages received.',
  bytesOut: 'Bytes of frames handed to sockets.',
  writes: 'Writes to sockets; deliveries by writes is what coalescing gains.',
  reads: 'Reads from sockets; messages by reads is how much arrives at once.',
  engineRebuilds: 'Failures of the engine after which it was rebuilt; each is in the log.',
  resentBatches: 'Batches that had to be sent to another node once more.',
  linksLost: 'Links to other nodes that went down; each is in the log.',
}
const TABLES: Record<Exclude<TableOf<HubStats>, 'policyFigures'>, { label: string; help: string }> = {
  messages: { label: 'type', help: 'Messages accepted, by type.' },
  refused: { label: 'code', help: 'Messages and connections refused, by error code.' },
  busDropped: {
    label: 'reason',
    help: 'Messages on the bus that were of no use, by what was wrong with them.',
  },
}

/** Close codes that get a series of their own. A client may send any of 2,000 others: those share one. */
const KNOWN_CLOSE_CODES = new Set([
  1000,
  1001,
  1002,
  1003,
  1005,
  1006,
  1007,
  1009,
  1011,
  ...Object.values(ERRORS).flatMap(({ close }) => close ?? []),
])

/** Hub counters are read when somebody looks: nothing here costs a message anything. */
@injectable()
class Metrics implements Observer, Lifecycle {
  readonly #registry = new Registry()
  readonly #disconnects: Counter<'code'>
  readonly #process: ProcessMetrics | undefined
  readonly #door: AdminDoor
  readonly #path: string

  constructor(
    @inject(OPTIONS) { path, process }: Options,
    @inject(HUB_STATS) stats: Readonly<HubStats>,
    @inject(ADMIN_DOOR) door: AdminDoor,
  ) {
    this.#path = path
    this.#door = door
    this.#process = process ? new ProcessMetrics(this.#registry) : undefined
    const registers = [this.#registry]
    for (const [key, help] of entries(GAUGES)) {
      const collect = function (this: Gauge) {
        this.set(stats[key])
      }
      new Gauge({ name: `signalbox_${snake(key)}`, help, registers, collect })
    }
    for (const [key, help] of entries(COUNTERS)) {
      const collect = function (this: Counter) {
        this.reset()
        this.inc(stats[key])
      }
      new Counter({ name: `signalbox_${snake(key)}_total`, help, registers, collect })
    }
    for (const [key, { label, help }] of entries(TABLES)) {
      const collect = function (this: Counter) {
        this.reset()
        for (const [value, count] of Object.entries(stats[key])) this.inc({ [label]: value }, count)
      }
      new Counter({ name: `signalbox_${snake(key)}_total`, help, labelNames: [label], registers, collect })
    }
    new Gauge({
      name: 'signalbox_policy_figures',
      help: 'What policies say of themselves now, by name.',
      labelNames: ['name'],
      registers,
      collect() {
        for (const [name, value] of Object.entries(stats.policyFigures)) this.set({ name }, value)
      },
    })
    this.#disconnects = new Counter({
      name: 'signalbox_disconnects_total',
      help: 'Connections ended, by close code.',
      labelNames: ['code'],
      registers,
    })
  }

  start(): void {
    this.#process?.start()
    const { contentType } = this.#registry
    this.#door.mount(this.#path, async () => ({ contentType, body: await this.#registry.metrics() }))
  }

  stop(): void {
    this.#process?.stop()
  }

  observe(event: HubEvent): void {
    if (event.type !== 'disconnected') return
    this.#disconnects.inc({ code: KNOWN_CLOSE_CODES.has(event.code) ? String(event.code) : 'other' })
  }
}

const entries = <K extends string, V>(table: Partial<Record<K, V>>) => Object.entries(table) as [K, V][]

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export default definePlugin({
  kind: 'observer',
  name: 'metrics',
  description: 'Shows the hub and the process to Prometheus.',
  options,
  useClass: Metrics,
})
