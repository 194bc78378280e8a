/** From what a server can take to three times as much: what becomes of everybody's messages. */

import { fileURLToPath } from 'node:url'
import type { EngineName } from '../../core/engine/engine.js'
import { type MachineTimes, machineTimes, othersShare } from '../load/others.js'
import type { Probe } from '../load/probe.js'
import { type Server, startServer } from '../load/server.js'
import { type Crowd, DRAIN_SECONDS, runCrowd, type Scene, type Stage, type Surge } from './crowd.js'

export type Admission = 'with' | 'without'

/** Newcomers, as multiples of what the server can take beside the calls; the last is for the recovery. */
export const MULTIPLES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 3, 0.5] as const
/** Where calls are as they should be: what later is compared with. */
export const BASELINE = 1
/** Where the overload is greatest, and lasts. */
export const WORST = [8, 9] as const

export const SCENE: Scene = {
  calls: 500,
  callsPerSecond: 12_000,
  visitors: 3000,
  halls: 50,
  words: 2,
  gapSeconds: 0.1,
  patienceSeconds: 5,
  deadlineSeconds: 0.1,
}
/** Of newcomers and visits, in this proportion. */
const surge = (perSecond: number): Surge => ({ newcomers: perSecond, visits: 8 * perSecond })

/** A server compiles what it does often: these multiples come first, and count nothing. */
const WARM_UP = [0.5, 0.75] as const
/** The search for the capacity: newcomers a second from the first on, each so many times the one before. */
const SEARCH = { from: 150, factor: 1.25, stages: 12, seconds: 1.5 }
/** The share of newcomers that must get in, and of messages that must be in time, for a rate to be taken. */
const TAKEN = 0.97

const SERVER = fileURLToPath(new URL('./server.js', import.meta.url))

/** Newcomers a second that a server without admission control can take beside the calls. */
export async function capacity(engine: EngineName): Promise<number> {
  const warm = [2, 2, 2]
  const rising = Array.from({ length: SEARCH.stages }, (_, i) => SEARCH.factor ** i)
  const server = await startServer({ node: SERVER, args: [engine, 'without'] })
  try {
    const { stages } = await runCrowd(
      server.ports[0]!,
      SCENE,
      surge(SEARCH.from),
      [...warm, ...rising],
      SEARCH.seconds,
    )
    const searched = stages.slice(warm.length)
    const tooMuch = searched.findIndex((stage) => !isTaken(stage))
    return SEARCH.from * searched.at(tooMuch === -1 ? -1 : Math.max(0, tooMuch - 1))!.multiple
  } finally {
    await server.stop()
  }
}

const isTaken = ({ offered, entered, sent, inTime, heard, heardInTime }: Stage): boolean =>
  entered >= offered * TAKEN && inTime >= sent * TAKEN && heardInTime >= heard * TAKEN

export interface Ramp {
  /** One for each of `MULTIPLES`. */
  readonly stages: readonly Stage[]
  readonly crowd: Omit<Crowd, 'stages'>
  /** Share of a core that neither server nor crowd took; undefined where the system doesn't say. */
  readonly othersShare: number | undefined
}

/** Sends the ramp to a new server. */
export async function ramp(
  engine: EngineName,
  admission: Admission,
  perSecond: number,
  stageSeconds: number,
): Promise<Ramp> {
  const server = await startServer({ node: SERVER, args: [engine, admission] })
  try {
    let before: MachineTimes | undefined
    let cleared: Promise<Probe | undefined> | undefined
    const crowd = await runCrowd(
      server.ports[0]!,
      SCENE,
      surge(perSecond),
      [...WARM_UP, ...MULTIPLES],
      stageSeconds,
      () => {
        before = machineTimes()
        cleared = server.ask('reset')
      },
    )
    const after = machineTimes()
    await cleared
    const others =
      before && after ? othersShare(before, after, (await shareOf(server)) + crowd.cpuShare) : undefined
    return { stages: crowd.stages.slice(WARM_UP.length), crowd, othersShare: others }
  } finally {
    await server.stop()
  }
}

async function shareOf(server: Server): Promise<number> {
  const probe = await server.ask('read')
  return probe === undefined ? 0 : probe.cpuMs / probe.elapsedMs
}

/** About how long a ramp takes, and the search for the capacity. */
export const rampSeconds = (stageSeconds: number): number =>
  (WARM_UP.length + MULTIPLES.length) * stageSeconds + DRAIN_SECONDS + 2
export const searchSeconds = (3 + SEARCH.stages) * SEARCH.seconds + DRAIN_SECONDS + 2
