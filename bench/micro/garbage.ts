/** What a hot path leaves to the garbage collector, and how long the program stands still for it. */

import { PerformanceObserver } from 'node:perf_hooks'

export interface Garbage {
  readonly collections: number
  /** Nanoseconds of pause a message. */
  readonly pauseNs: number
}

/** Calls `work` so many times and watches. */
export async function garbageOf(work: () => number, messages: number): Promise<Garbage> {
  let collections = 0
  let pauseMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections++
      pauseMs += duration
    }
  })
  await settled() // what came before is not ours
  observer.observe({ entryTypes: ['gc'] })
  let sum = 0
  for (let i = 0; i < messages; i++) sum += work()
  await settled()
  observer.disconnect()
  if (Number.isNaN(sum)) throw new Error('no work was done')
  return { collections, pauseNs: (pauseMs * 1e6) / messages }
}

/** Node delivers what it saw of the collector a little later. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))
