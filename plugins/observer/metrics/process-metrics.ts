/**
 * What the process uses, under the names that Prometheus dashboards for Node know. prom-client's own collection
 * can't be stopped: it leaves an event loop monitor and a garbage collection observer behind for good.
 */

import {
  constants,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type NodeGCPerformanceDetail,
  PerformanceObserver,
} from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

const GC_KINDS = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

/** An entry of the type `gc`, which the DOM's type of the same name doesn't know. */
type CollectionEntry = PerformanceEntry & { readonly detail: NodeGCPerformanceDetail }

/** How often the event loop's delay is looked at. */
const DELAY_RESOLUTION_MS = 20

export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  readonly #collections: PerformanceObserver

  constructor(registry: Registry) {
    const registers = [registry]
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    const counter = (name: string, help: string, read: () => number) =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(read())
        },
      })

    const cpuSeconds = (mode: 'user' | 'system') => process.cpuUsage()[mode] / 1e6
    counter('process_cpu_user_seconds_total', 'CPU time in user mode.', () => cpuSeconds('user'))
    counter('process_cpu_system_seconds_total', 'CPU time in system mode.', () => cpuSeconds('system'))
    const startedAt = Math.round(Date.now() / 1000 - process.uptime())
    gauge('process_start_time_seconds', 'Start of the process since the Unix epoch.', () => startedAt)
    gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
    gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed)
    gauge(
      'nodejs_external_memory_bytes',
      'Memory of buffers and WebAssembly.',
      () => process.memoryUsage().external,
    )
    gauge('nodejs_eventloop_lag_p50_seconds', 'Event loop delay, median since the last scrape.', () =>
      this.#delaySeconds(50),
    )
    gauge(
      'nodejs_eventloop_lag_p99_seconds',
      'Event loop delay, 99th percentile since the last scrape.',
      () => this.#delaySeconds(99),
    )
    // Collected last: what was read before it is over with this scrape.
    gauge('nodejs_eventloop_lag_max_seconds', 'Longest event loop delay since the last scrape.', () => {
      const longest = this.#delaySeconds(100)
      this.#delay.reset()
      return longest
    })

    const pauses = new Counter({
      name: 'nodejs_gc_duration_seconds_total',
      help: 'Time spent collecting garbage, by kind.',
      labelNames: ['kind'],
      registers,
    })
    this.#collections = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { detail, duration } = entry as CollectionEntry
        const kind = GC_KINDS.get(detail.kind ?? -1) ?? 'other'
        pauses.inc({ kind }, duration / 1000)
      }
    })
  }

  start(): void {
    this.#delay.enable()
    this.#collections.observe({ entryTypes: ['gc'] })
  }

  stop(): void {
    this.#delay.disable()
    this.#collections.disconnect()
  }

  /** What exceeds the monitor's own interval. No sample yet counts as no delay. */
  #delaySeconds(percentile: number): number {
    const nanoseconds = this.#delay.percentile(percentile) - DELAY_RESOLUTION_MS * 1e6
    return Math.max(0, nanoseconds) / 1e9
  }
}
