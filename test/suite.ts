/**
 * uvu without its traps: a suite that can't be forgotten to run, and tests that can't hang. Import `suite` from
 * here, and assertions from `uvu/assert`.
 */

import { suite as uvuSuite } from 'uvu'
import type { EngineName } from '../core/engine/engine.js'

/** Every test of the hub runs under both. */
export const ENGINES: readonly EngineName[] = ['wasm', 'js']

export interface Define {
  /** Adds a test. `timeoutMs` (default 10,000) bounds it, clean-ups included. */
  (name: string, run: (defer: Defer) => void | Promise<void>, timeoutMs?: number): void
  /** Counts a test as skipped and says why, visibly; under `CI=true` it fails instead. */
  skip(name: string, why: string): void
}

/** Registers a clean-up; clean-ups run in reverse when the test ends, however it ends. */
export type Defer = (cleanUp: () => unknown) => void

/** Defines a suite and sees to it that it runs. */
export function suite(name: string, define: (test: Define) => void): void {
  const uvu = uvuSuite(name)
  const test = ((title, run, timeoutMs = 10_000) => {
    uvu(title, () => bounded(`${name}: ${title}`, timeoutMs, run))
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

async function bounded(
  title: string,
  timeoutMs: number,
  run: (defer: Defer) => void | Promise<void>,
): Promise<void> {
  const cleanUps: (() => unknown)[] = []
  const work = async () => {
    try {
      await run((cleanUp) => cleanUps.push(cleanUp))
    } finally {
      for (let cleanUp = cleanUps.pop(); cleanUp; cleanUp = cleanUps.pop()) await cleanUp()
    }
  }
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${title}: no end after ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    await Promise.race([work(), deadline])
  } finally {
    clearTimeout(timer)
  }
}
