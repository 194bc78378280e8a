import { BusCluster } from '../../../core/cluster/bus-cluster.js'
import type { Link, LinkListener } from '../../../core/cluster/links/link.js'
import { parseConfig } from '../../../core/config/load.js'
import { Stats } from '../../../core/hub/stats.js'
import { capturedLogger } from '../../captured-logger.js'
import { FakeClock } from '../../contract/index.js'
import { Exchange, type MemoryBus } from './memory-bus.js'

/** Lets everything happen that needs no time. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
}

export interface TestNode {
  readonly cluster: BusCluster
  readonly bus: MemoryBus
  readonly stats: Stats
  readonly lines: Record<string, unknown>[]
  readonly told: string[]
}

/** Nodes on buses of one process, in a time that a test passes. */
export class World {
  readonly clock = new FakeClock()
  readonly exchange = new Exchange()

  node(options: object = {}): TestNode {
    const bus = this.exchange.bus()
    const stats = new Stats()
    const { logger, lines } = capturedLogger()
    const cluster = new BusCluster({
      bus,
      options: parseConfig({ cluster: options }, '.').cluster,
      patienceMs: 30_000,
      clock: this.clock,
      logger,
      stats,
    })
    const told: string[] = []
    const listener: LinkListener = {
      up: ({ node }) => void told.push(`up ${node.name}`),
      record: (_link, type, body) => void told.push(`${type} ${body}`),
      confirmed: (_link, position) => void told.push(`confirmed ${position}`),
      down: ({ node }, reason) => void told.push(`down ${node.name}: ${reason}`),
    }
    cluster.listen(1, 16, listener)
    cluster.onHere((room) => told.push(`here ${room}`))
    cluster.onCommand((from, type, body) => void told.push(`command ${from.name} ${type} ${body}`))
    return { cluster, bus, stats, lines, told }
  }

  async started(options: object = {}): Promise<TestNode> {
    const node = this.node(options)
    const start = node.cluster.start()
    await settle()
    this.clock.advance(500)
    await start
    await this.pass(0)
    return node
  }

  /** Time goes by, in steps in which everything happens that is due. */
  async pass(ms: number): Promise<void> {
    await settle()
    for (let passed = 0; passed < ms; passed += 50) {
      this.clock.advance(50)
      await settle()
    }
  }

  /** Several nodes by name, which know of each other. */
  async cluster(...names: string[]): Promise<TestNode[]> {
    const nodes: TestNode[] = []
    for (const name of names) nodes.push(await this.started({ name }))
    return nodes
  }
}

/** The other nodes that a node knows of. */
export const names = ({ cluster }: TestNode): string[] => [...cluster.nodes].map(({ name }) => name).sort()
/** The link of one node to another, opened where there is none. */
export const linkTo = (one: TestNode, other: TestNode): Link | undefined =>
  one.cluster.link(other.cluster.incarnation)
