/** `balance`: the balancers against each other, by counting; only the cost of a decision is a time. */

import {
  cost,
  fill,
  type LoadName,
  moved,
  type Outcome,
  reference,
  withNewcomer,
  withoutOne,
} from '../balance/cases.js'
import { CONTESTANTS, type Contestant } from '../balance/contestants.js'
import { imbalance } from '../balance/fleet.js'
import { Progress } from '../progress.js'
import { type Result, result, type Unit } from '../report.js'
import type { Findings, Setting, Suite } from './suite.js'

const LOADS: readonly LoadName[] = ['uniform', 'zipf', 'giant', 'weights']
const COSTS = [20, 1000, 10_000] as const

/** `visits`: nodes times decisions in a round of one cost, but no fewer decisions than `FEWEST`. */
const FULL = { rounds: 5, references: 101, visits: 4_000_000 }
const QUICK = { rounds: 2, references: 31, visits: 1_000_000 }

const FEWEST = 1000

/** Of one contestant and round, measured. */
const SECONDS = { full: 1.1, quick: 0.7 }

export const balance: Suite = {
  run,
  seconds: ({ quick }) =>
    (quick ? SECONDS.quick * QUICK.rounds : SECONDS.full * FULL.rounds) * CONTESTANTS.length,
}

async function run({ quick }: Setting): Promise<Findings> {
  const rules = quick ? QUICK : FULL
  const progress = new Progress(rules.rounds * CONTESTANTS.length)
  const table = new Map<string, { name: string; unit: Unit; variant: string; samples: number[] }>()
  const add = (name: string, unit: Unit, variant: string, sample: number) => {
    const cell = table.get(`${name}|${variant}`)
    if (cell) cell.samples.push(sample)
    else table.set(`${name}|${variant}`, { name, unit, variant, samples: [sample] })
  }
  for (let round = 0; round < rules.rounds; round++) {
    for (const contestant of CONTESTANTS) {
      progress.show(`balance ${contestant.name}`)
      one(contestant, round, rules.visits, (name, unit, sample) => add(name, unit, contestant.name, sample))
      progress.step()
    }
  }
  for (const contestant of CONTESTANTS) {
    for (let seed = 0; seed < rules.references; seed++) {
      const { imbalance: degree, total } = reference(contestant, seed)
      add('reference', 'max/mean - 1', contestant.name, degree)
      add('reference total', 'units of service', contestant.name, total)
    }
  }
  progress.clear()
  const results = [...table.values()].map(
    ({ name, unit, variant, samples }): Result => result('balance', name, variant, unit, samples),
  )
  return { results, absent: [] }
}

function one(
  contestant: Contestant,
  seed: number,
  visits: number,
  add: (name: string, unit: Unit, sample: number) => void,
): void {
  const outcomes = new Map<LoadName, Outcome>()
  for (const load of LOADS) {
    const outcome = fill(load, contestant, seed)
    outcomes.set(load, outcome)
    add(load, 'max/mean - 1', imbalance(outcome.nodes))
  }
  const even = outcomes.get('uniform')!
  add('apart', '%', 100 * outcomes.get('zipf')!.apart)
  add('a node comes', '% moved', 100 * moved(even, withNewcomer(even.nodes, contestant.reports)))
  add('a node goes', '% moved', 100 * moved(even, withoutOne(even.nodes)))
  for (const count of COSTS) {
    const decisions = Math.max(FEWEST, Math.ceil(visits / count))
    add(`cost ${count}`, 'ns', cost(count, contestant, decisions, seed))
  }
}
