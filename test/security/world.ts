/** Runs checks: each in a world of its own, bounded, and cleaned up behind it. */

import type { EngineName } from '../../core/engine/engine.js'
import { liveServer } from '../live-server.js'
import type { Check, Target, World } from './check.js'

/** Longest attack, milliseconds. */
const ATTACK_MS = 30_000

export type Serve = (world: Omit<World, 'serve'>, config: Record<string, unknown>) => Promise<Target>

/** A real server on a free port of 127.0.0.1. */
export const realServer: Serve = async ({ defer, engine }, config) => {
  const live = await liveServer(defer, engine, config)
  return { ...live, port: Number(new URL(live.url).port) }
}

/** Undefined when the check holds, else why not. */
export async function tryCheck(
  check: Check,
  engine: EngineName,
  serve: Serve = realServer,
  limitMs = ATTACK_MS,
): Promise<string | undefined> {
  if (check.missing !== undefined) return check.missing
  const cleanUps: (() => unknown)[] = []
  const base = { engine, defer: (cleanUp: () => unknown) => void cleanUps.push(cleanUp) }
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs / 1000} s`)), limitMs)
  })
  try {
    const world: World = { ...base, serve: (config = {}) => serve(base, config) }
    await Promise.race([check.attack(world), deadline])
    return undefined
  } catch (error) {
    return (error as Error).message || String(error)
  } finally {
    clearTimeout(timer)
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  }
}
