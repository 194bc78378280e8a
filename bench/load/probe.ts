/**
 * Preloaded into servers that run in Node (`node --import`): answers questions about garbage, time and memory over
 * the channel to its parent, and ends the server when the parent is gone.
 */

import { PerformanceObserver } from 'node:perf_hooks'
import { endProfile, type SelfTime, startProfile } from './profiler.js'

/** Since the last `reset`; `rssBytes` after a full collection when that was asked for. */
export interface Probe {
  readonly collections: number
  readonly pauseMs: number
  readonly longestPauseMs: number
  readonly cpuMs: number
  readonly elapsedMs: number
  readonly rssBytes: number
  /** After `profiled`: where the time went since `profile`. */
  readonly profile?: readonly SelfTime[]
}

export type Question = 'reset' | 'read' | 'collect' | 'profile' | 'profiled'

let collections = 0
let pauseMs = 0
let longestPauseMs = 0
let cpu = process.cpuUsage()
let since = performance.now()

const observer = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) count(duration)
})
observer.observe({ entryTypes: ['gc'] })

function count(ms: number): void {
  collections++
  pauseMs += ms
  longestPauseMs = Math.max(longestPauseMs, ms)
}

function read(): Probe {
  for (const { duration } of observer.takeRecords()) count(duration)
  const { user, system } = process.cpuUsage(cpu)
  const cpuMs = (user + system) / 1000
  const elapsedMs = performance.now() - since
  return { collections, pauseMs, longestPauseMs, cpuMs, elapsedMs, rssBytes: process.memoryUsage.rss() }
}

function reset(): void {
  observer.takeRecords()
  collections = 0
  pauseMs = 0
  longestPauseMs = 0
  cpu = process.cpuUsage()
  since = performance.now()
}

/** Several times with pauses between: what the first collection finalises, the next one frees. */
async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

process.on('message', async (question: Question) => {
  if (question === 'collect') await collect()
  if (question === 'profile') await startProfile()
  const profile = question === 'profiled' ? await endProfile() : undefined
  const answer: Probe = { ...read(), ...(profile === undefined ? {} : { profile }) }
  if (question === 'reset') reset()
  process.send?.(answer)
})
process.on('disconnect', () => process.exit(0))
