/** `micro`: single steps of the hot path, with Benchmark.js. */

import Benchmark from 'benchmark'
import { type MicroCase, microCases, populate } from '../micro/cases.js'
import { garbageOf } from '../micro/garbage.js'
import { type HotPath, hotPaths } from '../micro/hot-path.js'
import { Progress } from '../progress.js'
import { type Result, result } from '../report.js'
import { quantile } from '../statistics.js'
import type { Suite } from './suite.js'

const FULL = { rounds: 5, seconds: 0.4, minSamples: 10, garbageMessages: 100_000 }
const QUICK = { rounds: 2, seconds: 0.05, minSamples: 4, garbageMessages: 10_000 }

/** The case whose garbage is looked at. */
const GARBAGE_CASE = 'rewrite-3k'

export const micro: Suite = async ({ quick, engines }) => {
  const rules = quick ? QUICK : FULL
  const paths = hotPaths(engines)
  for (const path of paths) populate(path)
  const cases = microCases()
  const progress = new Progress((cases.length + 1) * paths.length * rules.rounds)
  const results: Result[] = []
  for (const one of cases) {
    checkSameWork(one, paths)
    const samples = paths.map((): number[] => [])
    for (let round = 0; round < rules.rounds; round++) {
      for (const [i, path] of paths.entries()) {
        progress.show(`micro ${one.name} ${path.name}`)
        samples[i]!.push(nanoseconds(one.prepare(path), rules))
        progress.step()
      }
    }
    results.push(...paths.map(({ name }, i) => result('micro', one.name, name, one.unit, samples[i]!)))
  }
  results.push(...(await garbage(cases, paths, rules, progress)))
  progress.clear()
  return { results, absent: [] }
}

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
  return (
    quantile(
      [...benchmark.stats.sample].sort((a, b) => a - b),
      0.5,
    ) * 1e9
  )
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
  for (let round = 0; round < rounds; round++) {
    for (const [i, path] of paths.entries()) {
      progress.show(`micro gc-3k ${path.name}`)
      const seen = await garbageOf(one.prepare(path), garbageMessages)
      pauses[i]!.push(seen.pauseNs)
      collections[i]!.push((seen.collections * 100_000) / garbageMessages)
      progress.step()
    }
  }
  return paths.flatMap(({ name }, i) => [
    result('micro', 'gc-3k pauses', name, 'ns/message', pauses[i]!),
    result('micro', 'gc-3k per 100,000', name, 'collections', collections[i]!),
  ])
}
