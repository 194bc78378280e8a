/** A CPU profile of this process, told as the time that each function took itself. */

import { type Profiler, Session } from 'node:inspector/promises'
import { basename } from 'node:path'

/** A function, and how much of the profile's time passed in it and in nothing that it called. */
export interface SelfTime {
  /** `name file:line`; in brackets what isn't JavaScript: `(program)` is Node and the system, `(garbage collector)`. */
  readonly where: string
  readonly share: number
}

/** What the profiler's own start and end are called. */
const PROFILING = 'dispatch'

/** Samples are this far apart; the profiler itself takes a few per cent. */
const INTERVAL_US = 200

let session: Session | undefined

export async function startProfile(): Promise<void> {
  session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  await session.post('Profiler.start')
}

/** Ends what `startProfile` began; most time first. */
export async function endProfile(): Promise<SelfTime[]> {
  const { profile } = await session!.post('Profiler.stop')
  session!.disconnect()
  session = undefined
  return selfTimes(profile)
}

/** The time between two samples is charged to the function that the later one found; waiting isn't counted. */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map<string, number>()
  let total = 0
  for (const [i, id] of samples.entries()) {
    const where = names.get(id)!
    if (where === '(idle)' || where === PROFILING) continue
    total += timeDeltas[i]!
    times.set(where, (times.get(where) ?? 0) + timeDeltas[i]!)
  }
  return [...times]
    .map(([where, time]) => ({ where, share: total === 0 ? 0 : time / total }))
    .sort((a, b) => b.share - a.share)
}

function nameOf({ functionName, url, lineNumber }: Profiler.ProfileNode['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} ${basename(url)}:${lineNumber + 1}`
}
