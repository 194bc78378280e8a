/** Variants against each other under the same loads: rounds interleaved, so that a slow minute is slow for all. */

import { firstLine } from '../../core/first-line.js'
import type { SuiteName } from '../options.js'
import type { Progress } from '../progress.js'
import { type Absence, type Result, result, type Unit } from '../report.js'
import { quantile } from '../statistics.js'
import { LoadFailure, type Outcome, runLoad } from './client.js'
import { NoProgram } from './compile.js'
import type { Load } from './loads.js'
import { machineCpuMs } from './others.js'
import { plan, type Times } from './plan.js'
import type { Probe } from './probe.js'
import { type ServerProcess, startServer } from './server.js'
import type { Variant } from './variants.js'

export interface Run {
  readonly outcome: Outcome
  /** Of the server while it was measured; its garbage only when it runs in Node. */
  readonly serverCpuMs: number
  readonly probe: Probe | undefined
  /** Share of a core that neither server nor client took; undefined where the system doesn't say. */
  readonly othersShare: number | undefined
}

export interface Reading {
  readonly case: string
  readonly unit: Unit
  readonly value: number
}

export interface Rules extends Times {
  readonly rounds: number
}

export interface Contest {
  readonly suite: SuiteName
  readonly loads: readonly Load[]
  readonly variants: readonly Variant[]
  readonly rules: Rules
  /** What a run says; every run of a load must say the same cases. */
  read(load: Load, run: Run): readonly Reading[]
  readonly progress: Progress
}

export interface Outcomes {
  readonly results: readonly Result[]
  readonly absent: readonly Absence[]
  /** Highest share of a core that the load client took. */
  readonly clientShare: number
}

/** From here on the client may be what is measured: issue and guide say 90 %. */
const CLIENT_LIMIT = 0.9
/** Messages of an open loop that may leave late before the run isn't one at a fixed rate any more. */
const LATE_LIMIT = 0.05
/** Share of a core taken by others that is worth a note. */
const OTHERS_LIMIT = 0.1
/** How far what the server says may be from the stretch of time that the client measured. */
const WINDOW_TOLERANCE = 0.2
/** Runs of a round at most, when others disturb them. */
const TRIES = 3
/** The first seconds of a server's life go into its compiler; it learns fastest when it is kept busy. */
const START_UP_WARM: Times = { warmSeconds: 1.5, measureSeconds: 0.1 }
const busy = ({ perSecond: _, ...load }: Load): Load => load

/** A variant while it takes part under one load. */
interface Entrant {
  readonly variant: Variant
  readonly server: ServerProcess
  readonly runs: Run[]
}

/** Runs the contest. Rejects only for what is a bug here; what goes wrong with a variant is an `Absence`. */
export async function contest(setting: Contest): Promise<Outcomes> {
  const results: Result[] = []
  const absent: Absence[] = []
  let clientShare = 0
  for (const load of setting.loads) {
    const entrants = await enter(setting, load, absent)
    try {
      for (let round = 0; round < setting.rules.rounds; round++) {
        for (const entrant of [...entrants]) {
          setting.progress.show(`${setting.suite} ${load.name} ${entrant.variant.name}`)
          await attempt(setting, load, entrant.variant, absent, entrants, async () => {
            const run = await quietest(load, entrant, setting.rules)
            entrant.runs.push(run)
            clientShare = Math.max(clientShare, run.outcome.cpuShare)
          })
          setting.progress.step()
        }
      }
    } finally {
      await Promise.all(entrants.map(({ server }) => server.stop()))
    }
    for (const entrant of entrants) results.push(...summary(setting, load, entrant))
  }
  return { results, absent, clientShare }
}

/** Starts the servers that can take part, and lets each warm up. */
async function enter(setting: Contest, load: Load, absent: Absence[]): Promise<Entrant[]> {
  const entrants: Entrant[] = []
  for (const variant of setting.variants) {
    if (plan(load, variant.dialect, 0, setting.rules) === undefined) continue // it has no words for this
    setting.progress.show(`${setting.suite} ${load.name} ${variant.name}: starting`)
    await attempt(setting, load, variant, absent, entrants, async () => {
      const server = await startServer(variant.program())
      const entrant = { variant, server, runs: [] }
      entrants.push(entrant)
      await runLoad(plan(busy(load), variant.dialect, server.port, START_UP_WARM)!)
    })
  }
  return entrants
}

/** Runs `work`; when it fails, says so and takes the variant out. */
async function attempt(
  { suite }: Contest,
  load: Load,
  variant: Variant,
  absent: Absence[],
  entrants: Entrant[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const failure = !(error instanceof NoProgram) && entrants.some((entrant) => entrant.variant === variant)
    if (failure && !(error instanceof LoadFailure) && !(error instanceof Error)) throw error
    const index = entrants.findIndex((entrant) => entrant.variant === variant)
    const server = index >= 0 ? entrants.splice(index, 1)[0]!.server : undefined
    const why = server?.ended ?? firstLine(error)
    absent.push({ suite, case: load.name, variant: variant.name, why, failure })
    await server?.stop()
  }
}

/** Measures again when others were busy meanwhile: the choice looks at them, never at the result. */
async function quietest(load: Load, entrant: Entrant, times: Times): Promise<Run> {
  let best = await measure(load, entrant, times)
  for (let again = 1; again < TRIES && (best.othersShare ?? 0) > OTHERS_LIMIT; again++) {
    const run = await measure(load, entrant, times)
    if (run.othersShare! < best.othersShare!) best = run
  }
  return best
}

async function measure(load: Load, { variant, server }: Entrant, times: Times): Promise<Run> {
  let began: Moment | undefined
  let ended: Moment | undefined
  const outcome = await runLoad(plan(load, variant.dialect, server.port, times)!, {
    onMeasuring() {
      began = moment(server, 'reset')
    },
    onMeasured() {
      ended = moment(server, 'read')
    },
  })
  if (!outcome || !began || !ended) throw new LoadFailure('the load client measured nothing')
  const [before, after] = [await began.server, await ended.server]
  const elapsedMs = ended.atMs - began.atMs
  // Lines of the client that were heard late: whoever looks at the server's clocks then sees another stretch of time.
  const missed = Math.abs(elapsedMs / (outcome.seconds * 1000) - 1) > WINDOW_TOLERANCE
  const serverCpuMs = after.cpuMs - before.cpuMs
  const ownMs = serverCpuMs + outcome.cpuShare * elapsedMs
  const othersShare =
    began.machineMs === undefined || ended.machineMs === undefined
      ? undefined
      : missed
        ? 1
        : Math.max(0, (ended.machineMs - began.machineMs - ownMs) / elapsedMs)
  return { outcome, serverCpuMs, probe: after.probe, othersShare }
}

interface Moment {
  readonly atMs: number
  readonly machineMs: number | undefined
  readonly server: Promise<{ readonly cpuMs: number; readonly probe: Probe | undefined }>
}

/** The clocks now, and the server's as soon as it answers. */
function moment(server: ServerProcess, question: 'reset' | 'read'): Moment {
  const asked = server.ask(question).then(async (probe) => ({
    cpuMs: question === 'read' && probe ? probe.cpuMs : await server.cpuMs(),
    probe,
  }))
  asked.catch(() => {}) // a server that has ended is told by the run itself
  return { atMs: performance.now(), machineMs: machineCpuMs(), server: asked }
}

/** The results of all rounds, case by case, with what has to be said about them. */
function summary({ suite, read }: Contest, load: Load, { variant, runs }: Entrant): Result[] {
  if (runs.length === 0) return []
  const readings = runs.map((run) => read(load, run))
  const note = notes(load, runs)
  return readings[0]!.map(({ case: name, unit }, i) => {
    const samples = readings.map((reading) => reading[i]!.value)
    return result(suite, name, variant.name, unit, samples, note)
  })
}

function notes(load: Load, runs: readonly Run[]): string | undefined {
  const middle = (values: readonly number[]) =>
    quantile(
      [...values].sort((a, b) => a - b),
      0.5,
    )
  const percent = (share: number) => `${Math.round(share * 100)} %`
  const open = load.perSecond !== undefined
  const client = middle(runs.map(({ outcome }) => (open ? outcome.busyShare : outcome.cpuShare)))
  const late = middle(runs.map(({ outcome }) => outcome.late / Math.max(1, outcome.messages)))
  const others = middle(runs.map(({ othersShare }) => othersShare ?? 0))
  const said = [
    client > CLIENT_LIMIT ? `invalid: the load client was busy ${percent(client)} of the time` : '',
    open && late > LATE_LIMIT ? `invalid: ${percent(late)} of the messages left late` : '',
    others > OTHERS_LIMIT ? `other processes took ${percent(others)} of a core` : '',
  ].filter((text) => text !== '')
  return said.length === 0 ? undefined : said.join('; ')
}
