import { Broker, type BrokerKind } from './broker.js'
import type { Lab } from './lab.js'
import type { FaultProxy } from './proxy.js'
import type { ServerProcess } from './server-process.js'
import type { Place } from './wire.js'

/** What carries what nodes tell each other: a broker, or the pipes between a primary and its workers. */
export type BusName = BrokerKind | 'ipc'
export const BUSES: readonly BusName[] = ['nats', 'redis', 'ipc']

/** One process of a cluster, and those that come after it under the same name. */
export class LabNode implements Place {
  readonly name: string
  /** Between this node and the broker. */
  readonly proxy: FaultProxy | undefined
  readonly #start: () => Promise<ServerProcess>
  #server: ServerProcess
  #lives = 1
  /** Whether clients are sent here: what a load balancer knows. */
  isOpen = true

  private constructor(
    name: string,
    start: () => Promise<ServerProcess>,
    server: ServerProcess,
    proxy: FaultProxy | undefined,
  ) {
    this.name = name
    this.#start = start
    this.#server = server
    this.proxy = proxy
  }

  static async start(
    name: string,
    start: () => Promise<ServerProcess>,
    proxy?: FaultProxy,
  ): Promise<LabNode> {
    return new LabNode(name, start, await start(), proxy)
  }

  get server(): ServerProcess {
    return this.#server
  }

  get host(): string {
    return this.#server.host
  }

  get port(): number {
    return this.#server.port
  }

  /** Its name, with a number for each process behind it: what the checker tells nodes apart by. */
  get label(): string {
    return `${this.name}.${this.#lives}`
  }

  /** Workers say who they are in the tickets that they give; the primary has no sessions. */
  nodeOf(ticket: string | null): string {
    return this.#server.workers.length > 0 ? (ticket ?? '').slice(0, 16) : this.label
  }

  /** SIGKILL, without a word to anybody. */
  async kill(): Promise<void> {
    this.isOpen = false
    await this.#server.kill()
  }

  /** SIGTERM: it drains, and ends by itself. Resolves with how it ended. */
  async end(): Promise<number | NodeJS.Signals> {
    this.isOpen = false
    this.#server.signal('SIGTERM')
    return await this.#server.ended
  }

  /** Another process under the same name, after `kill` or `end`. */
  async again(): Promise<void> {
    this.#server = await this.#start()
    this.#lives++
    this.isOpen = true
  }
}

export interface ClusterOptions {
  readonly nodes: number
  /** Goes over the configuration of every node. */
  readonly config?: Record<string, unknown>
  /** A proxy between each node and the broker. */
  readonly proxied?: boolean
}

/** Several processes that are one server: nodes behind a broker, or workers behind a primary. */
export class LabCluster {
  readonly nodes: readonly LabNode[]
  readonly broker: Broker | undefined

  private constructor(nodes: readonly LabNode[], broker: Broker | undefined) {
    this.nodes = nodes
    this.broker = broker
  }

  /** Resolves when all of it listens; with the bus `ipc`, `nodes` is the number of workers, and there is one node. */
  static async start(
    lab: Lab,
    bus: BusName,
    { nodes, config = {}, proxied }: ClusterOptions,
  ): Promise<LabCluster> {
    if (bus === 'ipc') {
      const start = () => lab.server({ ...config, cluster: { name: 'n0' }, workers: nodes })
      return new LabCluster([await LabNode.start('n0', start)], undefined)
    }
    const broker = await Broker.start(bus, (cleanUp) => lab.defer(cleanUp))
    const all = Array.from({ length: nodes }, async (_, i) => {
      const proxy = proxied ? await lab.proxy(broker.server.port) : undefined
      const start = () => lab.server(clustered(`n${i}`, broker.bus(proxy?.port), config))
      return LabNode.start(`n${i}`, start, proxy)
    })
    return new LabCluster(await Promise.all(all), broker)
  }

  /** Nodes that were made elsewhere. */
  static of(nodes: readonly LabNode[]): LabCluster {
    return new LabCluster(nodes, undefined)
  }

  /** Where clients may go now. */
  get open(): readonly LabNode[] {
    return this.nodes.filter(({ isOpen }) => isOpen)
  }
}

/** The configuration of one node. */
export const clustered = (
  name: string,
  bus: Record<string, unknown>,
  config: Record<string, unknown>,
): Record<string, unknown> => ({
  ...config,
  cluster: { name },
  plugins: { policy: [], bus: [bus], ...(config.plugins as object | undefined) },
})
