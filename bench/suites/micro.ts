/** `micro`: single steps of the hot path, with Benchmark.js. */

import Benchmark from 'benchmark'
import { reservation, watchOthers } from '../load/others.js'
import { type MicroCase, microCases, populate } from '../micro/cases.js'
import { garbageOf } from '../micro/garbage.js'
import { type HotPath, hotPaths } from '../micro/hot-path.js'
import { Progress } from '../progress.js'
import { type Result, result } from '../report.js'
import { quantile } from '../statistics.js'
import type { Findings, Setting, Suite } from './suite.js'

const FULL = { rounds: 5, seconds: 0.4, minSamples: 10, garbageMessages: 100_000 }
const QUICK = { rounds: 2, seconds: 0.05, minSamples: 4, garbageMessages: 10_000 }

/** The case whose garbage is looked at. */
const GARBAGE_CASE = 'rewrite-3k'

/** Benchmark.js calibrates before it measures. */
const CALIBRATION = 1.6

export const micro: Suite = {
  run,
  seconds({ quick, engines }) {
    const rules = quick ? QUICK : FULL
    return (microCases().length + 1) * hotPaths(engines).length * rules.rounds * rules.seconds * CALIBRATION
  },
}

async function run({ quick, engines }: Setting): Promise<Findings> {
  const rules = quick ? QUICK : FULL
  const paths = hotPaths(engines)
  for (const path of paths) populate(path)
  const cases = microCases()
  const progress = new Progress((cases.length + 1) * paths.length * rules.rounds)
  const results: Result[] = []
  for (const one of cases) {
    checkSameWork(one, paths)
    const samples = paths.map((): number[] => [])
    const others = paths.map((): number[] => [])
    for (let round = 0; round < rules.rounds; round++) {
      for (const [i, path] of paths.entries()) {
        progress.show(`micro ${one.name} ${path.name}`)
        const share = watchOthers()
        samples[i]!.push(nanoseconds(one.prepare(path), rules))
        others[i]!.push(share() ?? 0)
        progress.step()
      }
    }
    results.push(
      ...paths.map(({ name }, i) =>
        result('micro', one.name, name, one.unit, samples[i]!, reservation(median(others[i]!))),
      ),
    )
  }
  results.push(...(await garbage(cases, paths, rules, progress)))
  progress.clear()
  return { results, absent: [] }
}

const median = (values: readonly number[]) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )

/** The same recipients and the same bytes, or the comparison is worth nothing. */
export function checkSameWork({ name, outcome }: MicroCase, paths: readonly HotPath[]): void {
  const [expected, ...others] = paths.map(outcome)
  if (others.some((other) => other !== expected))
    throw new Error(`${name}: the variants differ in what they do`)
}

/** The median over one run's samples. */
function nanoseconds(work: () => number, { seconds, minSamples }: typeof FULL): number {
  let sink = 0
  const benchmark = new Benchmark(
    () => {
      sink += work()
    },
    { maxTime: seconds, minSamples, minTime: seconds / minSamples },
  )
  benchmark.run()
  if (benchmark.error) throw benchmark.error
  if (Number.isNaN(sink)) throw new Error('no work was done')
  return median(benchmark.stats.sample) * 1e9
}

async function garbage(
  cases: readonly MicroCase[],
  paths: readonly HotPath[],
  { rounds, garbageMessages }: typeof FULL,
  progress: Progress,
): Promise<Result[]> {
  const one = cases.find(({ name }) => name === GARBAGE_CASE)!
  const pauses = paths.map((): number[] => [])
  const collections = paths.map((): number[] => [])
  const others = paths.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, path] of paths.entries()) {
      progress.show(`micro gc-3k ${path.name}`)
      const share = watchOthers()
      const seen = await garbageOf(one.prepare(path), garbageMessages)
      others[i]!.push(share() ?? 0)
      pauses[i]!.push(seen.pauseNs)
      collections[i]!.push((seen.collections * 100_000) / garbageMessages)
      progress.step()
    }
  }
  return paths.flatMap(({ name }, i) => {
    const note = reservation(median(others[i]!))
    return [
      result('micro', 'gc-3k pauses', name, 'ns/message', pauses[i]!, note),
      result('micro', 'gc-3k per 100,000', name, 'collections', collections[i]!, note),
    ]
  })
}
