import type { Clock } from '../../clock.js'
import type { Cluster } from '../cluster.js'
import { RecordReader } from '../wire/record-reader.js'
import { RecordWriter } from '../wire/record-writer.js'
import { RECORDS } from '../wire/records.js'

/** The command by which a node says what it did about an order. */
const DONE = RECORDS.orders[0]
/** How long an operator waits for other nodes to say so. */
const PATIENCE_MS = 1000
const ID_BYTES = 12

/** What other nodes did about an order. */
export interface Elsewhere {
  readonly kicked: number
  /** Those that are alive and haven't said, by name. */
  readonly unheard: string[]
}

interface Gathering {
  kicked: number
  /** Incarnations that haven't answered, each with its name. */
  readonly awaited: Map<string, string>
  done(): void
}

/** Gathers what nodes say that they did. The figures are for operators: an answer that is lost is lost. */
export class OrderReplies {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #gatherings = new Map<string, Gathering>()

  constructor(cluster: Cluster, clock: Clock) {
    this.#cluster = cluster
    this.#clock = clock
    cluster.onCommand((from, type, body) => {
      if (type === DONE) this.#hear(from.incarnation, body)
    })
  }

  /** Waits until every node that is alive now has answered, or for a second. */
  async gather(id: string): Promise<Elsewhere> {
    const awaited = new Map<string, string>()
    for (const { incarnation, name } of this.#cluster.nodes) awaited.set(incarnation, name)
    if (awaited.size === 0) return { kicked: 0, unheard: [] }
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(PATIENCE_MS, resolve)
      const done = () => {
        timer.cancel()
        resolve()
      }
      this.#gatherings.set(id, { kicked: 0, awaited, done })
    })
    const { kicked } = this.#gatherings.get(id)!
    this.#gatherings.delete(id)
    const alive = [...awaited].filter(([incarnation]) => this.#cluster.node(incarnation) !== undefined)
    return { kicked, unheard: alive.map(([, name]) => name) }
  }

  /** Says what came of an order here. */
  answer(id: string, kicked: number): void {
    this.#cluster.tellAll(DONE, new RecordWriter().base64url(id).u32(kicked).written)
  }

  #hear(incarnation: string, body: Buffer): void {
    const from = new RecordReader(body)
    const id = from.base64url(ID_BYTES)
    const kicked = from.u32()
    from.end()
    const gathering = this.#gatherings.get(id)
    if (!gathering?.awaited.delete(incarnation)) return
    gathering.kicked += kicked
    if (gathering.awaited.size === 0) gathering.done()
  }
}
