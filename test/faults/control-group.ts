import type { LabNode } from './cluster.js'
import { ms, quantiles } from './experiments/crowd.js'
import type { Lab } from './lab.js'
import type { LabClient } from './lab-client.js'
import { until } from './waiting.js'

/** Members of each node's own room. */
const SIZE = 3
const TICK_MS = 50
/** What the machine may do to a tenth of the waits when the bus is away, milliseconds. */
const MAX_ADDED_MS = 100

/**
 * Clients that stay on their node, in a room that nobody else joins, and talk all the time: what befalls the bus or
 * other nodes must not concern them. They come back to their own node only.
 */
export class ControlGroup {
  readonly #groups = new Map<LabNode, readonly LabClient[]>()
  /** Waits for acknowledgements since the last look, milliseconds. */
  #waits: number[] = []
  #base = 0
  #timer: NodeJS.Timeout | undefined
  readonly #complaints: string[] = []
  readonly #delays: string[] = []

  static async gather(lab: Lab, nodes: readonly LabNode[]): Promise<ControlGroup> {
    const group = new ControlGroup()
    for (const node of nodes) {
      const clients = Array.from({ length: SIZE }, (_, i) =>
        lab.client(`control ${i} of ${node.name}`, () => node),
      )
      for (const client of clients) {
        client.onAcknowledged = (wait) => group.#waits.push(wait)
        client.start()
      }
      group.#groups.set(node, clients)
    }
    await until('control clients are connected', () => group.clients.every((one) => one.isConnected))
    for (const [node, clients] of group.#groups)
      for (const client of clients) client.join(`only ${node.name}`)
    return group
  }

  get clients(): readonly LabClient[] {
    return [...this.#groups.values()].flat()
  }

  start(): void {
    let turn = 0
    this.#timer = setInterval(() => {
      turn++
      for (const [node, clients] of this.#groups)
        clients[turn % SIZE]!.broadcast('publish', `only ${node.name}`, 100)
    }, TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Begins to measure: what half and a tenth of the waits exceeded until now is what to compare with. */
  mark(): string {
    const { p50, p90 } = quantiles(this.#waits.splice(0))
    this.#base = p90
    return `${ms(p50)}, ${ms(p90)}`
  }

  /** Ends it: how long they waited since `mark`. */
  compare(what: string): string {
    const { p50, p90 } = quantiles(this.#waits.splice(0))
    if (p90 > this.#base + MAX_ADDED_MS)
      this.#delays.push(`${what}: local rooms wait ${ms(p90)} instead of ${ms(this.#base)} (p90)`)
    return `${ms(p50)}, ${ms(p90)}`
  }

  /** Notes it when a client of these nodes lost its connection or waits for an acknowledgement for long. */
  undisturbed(what: string, nodes: Iterable<LabNode> = this.#groups.keys()): void {
    for (const node of nodes) {
      for (const { client, closes, isConnected, backlog } of this.#groups.get(node)!) {
        if (closes.length > 0) this.#complaints.push(`${what}: ${client} was closed with ${closes}`)
        else if (!isConnected || backlog > 2000 / TICK_MS)
          this.#complaints.push(`${what}: ${client} waits for ${backlog} acknowledgements`)
      }
    }
  }

  /** What was wrong; `timed`: and what took too long. */
  complaints(timed: boolean): readonly string[] {
    return timed ? [...this.#complaints, ...this.#delays] : this.#complaints
  }
}
