/** Who is measured: one process, several that are one server to their clients, and the same with socket.io. */

import { fileURLToPath } from 'node:url'
import type { EngineName } from '../../core/engine/engine.js'
import type { Program } from '../load/server.js'
import { peer, type Variant } from '../load/variants.js'
import type { BrokerName } from './broker.js'
import { startFleet } from './fleet.js'

const own = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** One process that is one server for each of these settings (signalbox-server.ts). */
const signalbox = (engine: EngineName, ...settings: readonly object[]): Program => ({
  node: own('../load/signalbox-server.js'),
  args: [engine, ...settings.map((one) => JSON.stringify(one))],
})

/** Of a core, for each worker: two of them leave the load client more than it needs. */
export const WORKER_SHARE = 0.3

/** One worker and two, wherever the system puts them; each may take no more than a share of a core, if one is given. */
export const workerVariants = (engine: EngineName, workerShare?: number): readonly Variant[] =>
  [1, 2].map((workers) => ({
    name: workers === 1 ? 'one worker' : 'two workers',
    dialect: 'signalbox',
    start: () =>
      startFleet({
        servers: () => [{ ...signalbox(engine, { workers }), asked: false }],
        role: 'anywhere',
        ...(workerShare === undefined ? {} : { workerShare }),
      }),
  }))

const broker = (name: BrokerName): Program => ({ node: own('./broker.js'), args: [name] })

/** The settings of a server on a bus; its name among the others. */
const onBus = (name: string, use: string, options: object) => ({
  cluster: { name },
  plugins: { bus: [{ use, options }] },
})

const URLS: Readonly<Record<BrokerName, (port: number) => string>> = {
  nats: (port) => `nats://127.0.0.1:${port}`,
  redis: (port) => `redis://127.0.0.1:${port}`,
}
const OPTIONS: Readonly<Record<BrokerName, (port: number) => object>> = {
  nats: (port) => ({ servers: [URLS.nats(port)] }),
  redis: (port) => ({ url: URLS.redis(port) }),
}

/** All members of a room on one node. */
export const ONE_NODE = 'one node'
export const ONE_SOCKET_IO = 'socket.io'

const ownNodes = (engine: EngineName, name: BrokerName): Variant => ({
  name: `two nodes, ${name}`,
  dialect: 'signalbox',
  start: () =>
    startFleet({
      beside: broker(name),
      servers: (port) => ['a', 'b'].map((node) => signalbox(engine, onBus(node, name, OPTIONS[name](port)))),
    }),
})

/** Ours: one node, two in one process (what the protocol costs without a bus between), two over each bus. */
export const ownVariants = (engine: EngineName): readonly Variant[] => [
  {
    name: ONE_NODE,
    dialect: 'signalbox',
    start: () => startFleet({ servers: () => [signalbox(engine)] }),
  },
  {
    name: 'two nodes, one process',
    dialect: 'signalbox',
    start: () =>
      startFleet({
        servers: () => [
          signalbox(engine, ...['a', 'b'].map((node) => onBus(node, 'local', { exchange: 'bench' }))),
        ],
      }),
  },
  {
    name: 'two nodes, ipc',
    dialect: 'signalbox',
    start: () => startFleet({ servers: () => [{ node: own('./ipc-nodes.js'), args: [engine] }] }),
  },
  ownNodes(engine, 'nats'),
  ownNodes(engine, 'redis'),
]

/** socket.io alone, and two of its servers over its adapters for each broker. Their packages must be installed. */
export const SOCKET_IO_VARIANTS: readonly Variant[] = [
  {
    name: ONE_SOCKET_IO,
    dialect: 'socket.io',
    start: () => startFleet({ servers: () => [peer('socket.io.mjs')] }),
  },
  ...(['redis', 'nats'] as const).map(
    (name): Variant => ({
      name: `socket.io, ${name}`,
      dialect: 'socket.io',
      start: () =>
        startFleet({
          beside: broker(name),
          servers: (port) => [1, 2].map(() => peer('socket.io.mjs', name, URLS[name](port))),
        }),
    }),
  ),
]
