/** Variants against each other under the same loads: rounds interleaved, so that a slow minute is slow for all. */

import { firstLine } from '../../core/first-line.js'
import type { SuiteName } from '../options.js'
import type { Progress } from '../progress.js'
import { type Absence, type Result, result, type Unit } from '../report.js'
import { quantile } from '../statistics.js'
import { LoadFailure, type Outcome, runLoad } from './client.js'
import { NoProgram } from './compile.js'
import type { Load } from './loads.js'
import { type MachineTimes, machineTimes, OTHERS_LIMIT, othersShare, reservation } from './others.js'
import type { Role } from './pin.js'
import { plan, type Times } from './plan.js'
import type { Probe } from './probe.js'
import type { Server } from './server.js'
import type { Variant } from './variants.js'

export interface Run {
  readonly outcome: Outcome
  /** Of the server while it was measured; its garbage only when it runs in Node. */
  readonly serverCpuMs: number
  /** Of what else belongs to the benchmark, like a broker. */
  readonly besidesCpuMs: number
  readonly probe: Probe | undefined
  /** Share of a core that nothing of the benchmark took; undefined where the system doesn't say. */
  readonly othersShare: number | undefined
}

export interface Reading {
  readonly case: string
  readonly unit: Unit
  readonly value: number
}

export interface Rules extends Times {
  readonly rounds: number
  /** How long each server is kept busy before the first round; a second where it isn't given. */
  readonly startUpSeconds?: number
}

export interface Contest {
  readonly suite: SuiteName
  readonly loads: readonly Load[]
  readonly variants: readonly Variant[]
  readonly rules: Rules
  /** What a run says; every run of a load must say the same cases. */
  read(load: Load, run: Run): readonly Reading[]
  readonly progress: Progress
  /** Where the load client runs, unless it has a core of its own. */
  readonly client?: Role
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
/** Runs of a round at most, when others disturb them. */
const TRIES = 3
/** The first seconds of a server's life go into its compiler; it learns fastest when it is kept busy. */
const startUp = ({ startUpSeconds = 1 }: Rules): Times => ({
  warmSeconds: startUpSeconds,
  measureSeconds: 0.3,
})
/** A fixed rate is scaled down where it would be more than this share of what the slowest server can do at all. */
const PACE_LIMIT = 0.8
/** Messages in flight of an open loop's load, in each room, when all that a server can do is asked for. */
const BUSY_WINDOW = 16
const busy = ({ perSecond, ...load }: Load): Load =>
  perSecond === undefined ? load : { ...load, window: BUSY_WINDOW }

/** A variant while it takes part under one load. */
interface Entrant {
  readonly variant: Variant
  readonly server: Server
  readonly runs: Run[]
  /** Messages a second that it managed while it warmed up. */
  perSecond: number
}

/** Starting and warming up a server, and what a run takes besides its times: opening connections, silence, closing. */
const START_SECONDS = 1
const RUN_SECONDS = 0.6

/** About how long a contest takes with so many pairs of a load and a variant, on a quiet machine. */
export function contestSeconds(
  pairs: number,
  { rounds, warmSeconds, measureSeconds, startUpSeconds = 1 }: Rules,
): number {
  return pairs * (START_SECONDS + startUpSeconds + rounds * (RUN_SECONDS + warmSeconds + measureSeconds))
}

/** Runs the contest. Rejects only for what is a bug here; what goes wrong with a variant is an `Absence`. */
export async function contest(setting: Contest): Promise<Outcomes> {
  const results: Result[] = []
  const absent: Absence[] = []
  let clientShare = 0
  for (const asked of setting.loads) {
    const entrants = await enter(setting, asked, absent)
    const load = paced(asked, entrants)
    try {
      for (let round = 0; round < setting.rules.rounds; round++) {
        for (const entrant of [...entrants]) {
          setting.progress.show(`${setting.suite} ${load.name} ${entrant.variant.name}`)
          await attempt(setting, load, entrant.variant, absent, entrants, async () => {
            const run = await quietest(setting, load, entrant)
            entrant.runs.push(run)
            clientShare = Math.max(clientShare, run.outcome.cpuShare)
          })
          setting.progress.step()
        }
      }
    } finally {
      await Promise.all(entrants.map(({ server }) => server.stop()))
    }
    for (const entrant of entrants) results.push(...summary(setting, asked, load, entrant))
  }
  return { results, absent, clientShare }
}

/** The load at a rate that all who take part can keep, so that what is compared is how they keep it. */
export function paced(load: Load, entrants: readonly { readonly perSecond: number }[]): Load {
  if (load.perSecond === undefined || entrants.length === 0) return load
  const slowest = Math.min(...entrants.map(({ perSecond }) => perSecond))
  return { ...load, perSecond: Math.min(load.perSecond, slowest * (load.ofSlowest ?? PACE_LIMIT)) }
}

function pace(asked: Load, { perSecond }: Load): string {
  const now = `at ${Math.round(perSecond!)} messages/s`
  return Number.isFinite(asked.perSecond)
    ? `${now} instead of ${asked.perSecond}: the slowest can't keep more`
    : now
}

/** Starts the servers that can take part, and lets each warm up. */
async function enter(setting: Contest, load: Load, absent: Absence[]): Promise<Entrant[]> {
  const entrants: Entrant[] = []
  for (const variant of setting.variants) {
    if (plan(load, variant.dialect, [], setting.rules) === undefined) continue // it has no words for this
    setting.progress.show(`${setting.suite} ${load.name} ${variant.name}: starting`)
    await attempt(setting, load, variant, absent, entrants, async () => {
      const server = await variant.start()
      const entrant: Entrant = { variant, server, runs: [], perSecond: 0 }
      entrants.push(entrant)
      const { deliveries, seconds } = (await runLoad(
        plan(busy(load), variant.dialect, server.ports, startUp(setting.rules))!,
        {},
        setting.client,
      ))!
      entrant.perSecond =
        deliveries / seconds / (load.script[0]![0]!.say === 'publish' ? load.members - 1 : 1)
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
async function quietest(setting: Contest, load: Load, entrant: Entrant): Promise<Run> {
  let best = await measure(setting, load, entrant)
  for (let again = 1; again < TRIES && (best.othersShare ?? 0) > OTHERS_LIMIT; again++) {
    const run = await measure(setting, load, entrant)
    if (run.othersShare! < best.othersShare!) best = run
  }
  return best
}

async function measure({ rules, client }: Contest, load: Load, { variant, server }: Entrant): Promise<Run> {
  let began: Moment | undefined
  let ended: Moment | undefined
  const turns = {
    onMeasuring() {
      began = moment(server, 'reset')
    },
    onMeasured() {
      ended = moment(server, 'read')
    },
  }
  const outcome = await runLoad(plan(load, variant.dialect, server.ports, rules)!, turns, client)
  if (!outcome || !began || !ended) throw new LoadFailure('the load client measured nothing')
  const [before, after] = [await began.server, await ended.server]
  const serverShare = (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs)
  const besidesShare = (ended.besidesCpuMs - began.besidesCpuMs) / (ended.atMs - began.atMs)
  const others =
    began.machine && ended.machine
      ? othersShare(began.machine, ended.machine, serverShare + besidesShare + outcome.cpuShare)
      : undefined
  // The server was heard a little later than the client measured: its time is that of the same stretch.
  return {
    outcome,
    serverCpuMs: serverShare * outcome.seconds * 1000,
    besidesCpuMs: besidesShare * outcome.seconds * 1000,
    probe: after.probe,
    othersShare: others,
  }
}

interface Moment {
  readonly machine: MachineTimes | undefined
  readonly besidesCpuMs: number
  readonly atMs: number
  readonly server: Promise<{
    readonly cpuMs: number
    readonly atMs: number
    readonly probe: Probe | undefined
  }>
}

/** The clocks now, and the server's as soon as it answers: each with the time that it shows itself. */
function moment(server: Server, question: 'reset' | 'read'): Moment {
  const machine = machineTimes()
  const besidesCpuMs = server.besidesCpuMs?.() ?? 0
  const atMs = performance.now()
  const asked = server.ask(question).then((probe) => {
    if (probe === undefined) return { cpuMs: server.cpuMs(), atMs: performance.now(), probe }
    if (question === 'reset') return { cpuMs: 0, atMs: 0, probe }
    return { cpuMs: probe.cpuMs, atMs: probe.elapsedMs, probe }
  })
  asked.catch(() => {}) // a server that has ended is told by the run itself
  return { machine, besidesCpuMs, atMs, server: asked }
}

/** The results of all rounds, case by case, with what has to be said about them. */
function summary({ suite, read }: Contest, asked: Load, load: Load, { variant, runs }: Entrant): Result[] {
  if (runs.length === 0) return []
  const readings = runs.map((run) => read(load, run))
  const note = notes(asked, load, runs)
  return readings[0]!.map(({ case: name, unit }, i) => {
    const samples = readings.map((reading) => reading[i]!.value)
    return result(suite, name, variant.name, unit, samples, note)
  })
}

function notes(asked: Load, load: Load, runs: readonly Run[]): string | undefined {
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
    load.perSecond === asked.perSecond ? '' : pace(asked, load),
    reservation(others) ?? '',
  ].filter((text) => text !== '')
  return said.length === 0 ? undefined : said.join('; ')
}
