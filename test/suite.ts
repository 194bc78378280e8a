/**
 * uvu without its traps: a suite that can't be forgotten to run, and tests that can't hang. Import `suite` from
 * here, and assertions from `uvu/assert`.
 */

import { suite as uvuSuite } from 'uvu'
import type { EngineName } from '../core/engine/engine.js'

/** Every test of the hub runs under both. */
export const ENGINES: readonly EngineName[] = ['wasm', 'js']

/** What a test may take that says nothing of it: it bounds one that hangs, also where ten others share the machine. */
const LIMIT_MS = 30_000
/** What all clean-ups of a test may take together. */
const CLEAN_UP_MS = 15_000
/** Tests that take longer are named, so that nobody wonders where the time goes. */
const SLOW_MS = 2000

export interface Define {
  /** Adds a test. `timeoutMs` (default 30,000) bounds it; its clean-ups have 15 s more. */
  (name: string, run: (defer: Defer) => void | Promise<void>, timeoutMs?: number): void
  /** Counts a test as skipped and says why, visibly; under `CI=true` it fails instead. */
  skip(name: string, why: string): void
}

/** Registers a clean-up; clean-ups run in reverse when the test ends, however it ends. */
export type Defer = (cleanUp: () => unknown) => void

/** Defines a suite and sees to it that it runs. */
export function suite(name: string, define: (test: Define) => void): void {
  const uvu = uvuSuite(name)
  const test = ((title, run, timeoutMs = LIMIT_MS) => {
    uvu(title, () => timed(`${name}: ${title}`, () => contained(run, timeoutMs)))
  }) as Define
  test.skip = (title, why) => {
    if (process.env.CI === 'true') {
      uvu(title, () => {
        throw new Error(`skipped under CI: ${why}`)
      })
    } else {
      console.log(`skipped: ${name}: ${title}: ${why}`)
      uvu.skip(title)
    }
  }
  define(test)
  uvu.run()
}

async function timed(title: string, run: () => Promise<void>): Promise<void> {
  const start = performance.now()
  await run()
  const ms = performance.now() - start
  if (ms > SLOW_MS) console.log(`slow: ${title}: ${(ms / 1000).toFixed(1)} s`)
}

/** Runs a test, then every clean-up it registered, also when it failed or hangs; the first error is the one that counts. */
async function contained(run: (defer: Defer) => void | Promise<void>, timeoutMs: number): Promise<void> {
  const cleanUps: (() => unknown)[] = []
  const errors: unknown[] = []
  const step = (what: string, ms: number, work: () => unknown) =>
    bounded(what, ms, async () => work()).catch((error: unknown) => errors.push(error))
  await step('the test', timeoutMs, () => run((cleanUp) => cleanUps.push(cleanUp)))
  const until = performance.now() + CLEAN_UP_MS
  for (let cleanUp = cleanUps.pop(); cleanUp; cleanUp = cleanUps.pop()) {
    await step('a clean-up', Math.max(1, until - performance.now()), cleanUp)
  }
  if (errors.length > 0) throw errors[0]
}

async function bounded(what: string, ms: number, work: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${Math.ceil(ms)} ms`)), ms)
  })
  try {
    await Promise.race([work(), deadline])
  } finally {
    clearTimeout(timer)
  }
}
