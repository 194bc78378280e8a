import type { Clock, Timer } from '../../clock.js'
import type { Cluster } from '../cluster.js'
import { RecordReader } from '../wire/record-reader.js'
import { RecordWriter } from '../wire/record-writer.js'
import { RECORDS } from '../wire/records.js'
import type { Stamps } from './stamps.js'

/** The command that says how far the stamps of a node have come: six bytes. */
const STAMP = RECORDS.presence[0]
const EVERY_MS = 500
/** For those who weren't there when it was said last. */
const AGAIN_MS = 2000

/**
 * Keeps the counters of all nodes close together, also of nodes that share no room yet: so what happens later on any
 * node has the higher stamp, unless it is less than about a second later.
 */
export class StampExchange {
  readonly #cluster: Cluster
  readonly #stamps: Stamps
  readonly #clock: Clock
  readonly #writer = new RecordWriter()
  #timer: Timer | undefined
  #told = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(cluster: Cluster, stamps: Stamps, clock: Clock) {
    this.#cluster = cluster
    this.#stamps = stamps
    this.#clock = clock
    cluster.onCommand((_from, type, body) => {
      if (type === STAMP) stamps.hear(new RecordReader(body).u48())
    })
  }

  start(): void {
    this.#timer = this.#clock.every(EVERY_MS, () => this.#tell())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #tell(): void {
    const now = this.#clock.monotonic()
    const { last } = this.#stamps
    if (last === this.#told && now - this.#toldAt < AGAIN_MS) return
    this.#told = last
    this.#toldAt = now
    this.#cluster.tellAll(STAMP, this.#writer.clear().u48(last).written)
  }
}
