import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from '../../clock.js'
import type { Lifecycle } from '../../plugin.js'
import type { Cluster } from '../cluster.js'

const EVERY_MS = 1000

/** Tells the other nodes how busy this one is: its event loop's share of the last second, and its peers. */
export class OwnLoad implements Lifecycle {
  readonly #cluster: Pick<Cluster, 'report'>
  readonly #clock: Clock
  readonly #peers: () => number
  #before = performance.eventLoopUtilization()
  #load = 0
  #draining = false
  #timer: Timer | undefined

  constructor(cluster: Pick<Cluster, 'report'>, clock: Clock, peers: () => number) {
    this.#cluster = cluster
    this.#clock = clock
    this.#peers = peers
  }

  start(): void {
    this.#timer = this.#clock.every(EVERY_MS, () => {
      const now = performance.eventLoopUtilization()
      this.#load = performance.eventLoopUtilization(now, this.#before).utilization
      this.#before = now
      this.#report()
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** This node sends its clients away from now on. */
  drain(): void {
    this.#draining = true
    this.#report()
  }

  #report(): void {
    this.#cluster.report({ load: this.#load, peers: this.#peers(), draining: this.#draining })
  }
}
