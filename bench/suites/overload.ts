/**
 * `overload`: newcomers connect, join and publish at up to three times the rate that a server can take, while calls go
 * on; with admission control and without. Nobody waits for the server (open loop), and latency counts from when a message
 * was due.
 */

import { OTHERS_LIMIT, reservation } from '../load/others.js'
import { DRAIN_SECONDS, type Stage } from '../overload/crowd.js'
import {
  type Admission,
  BASELINE,
  capacity,
  MULTIPLES,
  type Ramp,
  ramp,
  rampSeconds,
  searchSeconds,
  WORST,
} from '../overload/ramp.js'
import { Progress } from '../progress.js'
import { type Absence, type Result, result, type Unit } from '../report.js'
import { quantile } from '../statistics.js'
import type { Findings, Setting, Suite } from './suite.js'

const FULL = { rounds: 3, stageSeconds: 3, searches: 3 }
const QUICK = { rounds: 1, stageSeconds: 1.5, searches: 1 }

/** As variants: the names stand in tables and plots. */
export const VARIANTS: Readonly<Record<Admission, string>> = {
  with: 'with admission',
  without: 'without',
}

/**
 * What people asked for and got in time: messages of calls, places in rooms, words that the others in the room heard. Each
 * counts once, however many heard it.
 */
const served = (stage: Stage): number => {
  const { inTime, entered, visitedInTime, published, shedWords, heard, heardInTime } = stage
  return inTime + entered + visitedInTime + ((published - shedWords) * heardInTime) / Math.max(1, heard)
}

/** What of each stage is told; the case is the multiple of the capacity and this. */
const READINGS: readonly (readonly [string, Unit, (stage: Stage, seconds: number) => number])[] = [
  ['served', 'requests/s', (stage, seconds) => served(stage) / seconds],
  ['heard', 'deliveries/s', ({ inTime, heardInTime }, seconds) => (inTime + heardInTime) / seconds],
  ['p50', 'ms', ({ p50 }) => milliseconds(p50)],
  ['p99', 'ms', ({ p99 }) => milliseconds(p99)],
  ['joined', 'requests/s', ({ visitedInTime }, seconds) => visitedInTime / seconds],
  ['entered', 'newcomers/s', ({ entered }, seconds) => entered / seconds],
  ['refused', 'newcomers/s', ({ refused }, seconds) => refused / seconds],
  ['gave up', 'newcomers/s', ({ gaveUp, broken }, seconds) => (gaveUp + broken) / seconds],
]
/** What never arrived counts as if it had come when nobody waited any more. */
const milliseconds = (microseconds: number) => (microseconds < 0 ? DRAIN_SECONDS * 1000 : microseconds / 1000)

/** Which stages are told by their multiple: not the second of two, and not the recovery, which has its own name. */
const NAMES: readonly (string | undefined)[] = MULTIPLES.map((multiple, i) =>
  i === MULTIPLES.length - 1 ? 'after' : MULTIPLES.indexOf(multiple) === i ? String(multiple) : undefined,
)

async function run({ quick, engines }: Setting): Promise<Findings> {
  const rules = quick ? QUICK : FULL
  const progress = new Progress(rules.searches + 2 * rules.rounds)
  const engine = engines[0]!
  const found: number[] = []
  for (let i = 0; i < rules.searches; i++) {
    progress.show(`overload: what ${engine} can take`)
    found.push(await capacity(engine))
    progress.step()
  }
  const perSecond = quantile(
    [...found].sort((a, b) => a - b),
    0.5,
  )
  const ramps: Readonly<Record<Admission, Ramp[]>> = { with: [], without: [] }
  for (let round = 0; round < rules.rounds; round++) {
    for (const admission of round % 2 === 0
      ? (['with', 'without'] as const)
      : (['without', 'with'] as const)) {
      progress.show(`overload ${VARIANTS[admission]}`)
      ramps[admission].push(await ramp(engine, admission, perSecond, rules.stageSeconds))
      progress.step()
    }
  }
  progress.clear()
  const absent: Absence[] = []
  const results = (['with', 'without'] as const).flatMap((admission) =>
    summary(VARIANTS[admission], ramps[admission], rules.stageSeconds),
  )
  results.push(result('overload', 'capacity', engine, 'newcomers/s', found))
  const shares = Object.values(ramps).flatMap((all) => all.map(({ crowd }) => crowd.busyShare))
  return { results, absent, clientShare: Math.max(...shares) }
}

function summary(variant: string, ramps: readonly Ramp[], seconds: number): Result[] {
  const note = notes(ramps)
  const tell = (name: string, unit: Unit, read: (ramp: Ramp) => number) =>
    result('overload', name, variant, unit, ramps.map(read), note)
  const worst = ({ stages }: Ramp) => WORST.map((i) => stages[i]!)
  return [
    ...NAMES.flatMap((name, i) =>
      name === undefined
        ? []
        : READINGS.map(([what, unit, read]) =>
            tell(`${name} ${what}`, unit, ({ stages }) => read(stages[i]!, seconds)),
          ),
    ),
    tell('peak served', 'requests/s', ({ stages }) => Math.max(...stages.map(served)) / seconds),
    tell('worst served', 'requests/s', (one) => Math.min(...worst(one).map(served)) / seconds),
    tell('baseline p99', 'ms', ({ stages }) => milliseconds(stages[BASELINE]!.p99)),
    tell('worst p99', 'ms', (one) => Math.max(...worst(one).map(({ p99 }) => milliseconds(p99)))),
  ]
}

/** From here on the crowd may be what is measured. */
const CROWD_LIMIT = 0.9
const LATE_LIMIT = 0.05

function notes(ramps: readonly Ramp[]): string | undefined {
  const most = (read: (ramp: Ramp) => number) => Math.max(...ramps.map(read))
  const busy = most(({ crowd }) => crowd.busyShare)
  const late = most(({ crowd, stages }) => crowd.late / stages.reduce((sum, { sent }) => sum + sent, 1))
  const lost = most(({ crowd }) => crowd.lost)
  const others = most(({ othersShare }) => othersShare ?? 0)
  const said = [
    busy > CROWD_LIMIT ? `invalid: the crowd was busy ${Math.round(busy * 100)} % of the time` : '',
    late > LATE_LIMIT ? `${Math.round(late * 100)} % of the messages left late` : '',
    lost > 0 ? `${lost} of those in calls were cut off` : '',
    others > OTHERS_LIMIT ? reservation(others)! : '',
  ].filter((text) => text !== '')
  return said.length === 0 ? undefined : said.join('; ')
}

export const overload: Suite = {
  run,
  seconds({ quick }) {
    const { rounds, stageSeconds, searches } = quick ? QUICK : FULL
    return searches * searchSeconds + 2 * rounds * rampSeconds(stageSeconds)
  },
}
