/** `micro`: single steps of the hot path, with Benchmark.js. */

import { reservation } from '../load/others.js'
import { type MicroCase, microCases, populate } from '../micro/cases.js'
import { type HotPath, hotPaths } from '../micro/hot-path.js'
import { type Answer, type Question, VariantProcess } from '../micro/variant-process.js'
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
  for (const one of cases) checkSameWork(one, paths)
  const progress = new Progress((cases.length + 1) * paths.length * rules.rounds)
  const variants = paths.map(({ name }) => new VariantProcess(name))
  const results: Result[] = []
  try {
    for (const one of cases) {
      const answers = await ask(variants, { case: one.name, rules }, rules.rounds, progress)
      for (const { name, samples, note } of answers) {
        const times = samples.map(({ nanoseconds }) => nanoseconds!)
        results.push(result('micro', one.name, name, one.unit, times, note))
      }
    }
    const { garbageMessages, rounds } = rules
    const answers = await ask(variants, { case: GARBAGE_CASE, rules, garbageMessages }, rounds, progress)
    for (const { name, samples, note } of answers) {
      const pauses = samples.map(({ garbage }) => garbage!.pauseNs)
      const collections = samples.map(({ garbage }) => (garbage!.collections * 100_000) / garbageMessages)
      results.push(result('micro', 'gc-3k pauses', name, 'ns/message', pauses, note))
      results.push(result('micro', 'gc-3k per 100,000', name, 'collections', collections, note))
    }
  } finally {
    progress.clear()
    await Promise.all(variants.map((variant) => variant.end()))
  }
  return { results, absent: [] }
}

/** Asks every variant in turn, and all of them again in each round. */
async function ask(
  variants: readonly VariantProcess[],
  question: Question,
  rounds: number,
  progress: Progress,
): Promise<{ name: string; samples: Answer[]; note: string | undefined }[]> {
  const answers = variants.map((): Answer[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of variants.entries()) {
      progress.show(`micro ${question.case} ${variant.name}`)
      answers[i]!.push(await variant.ask(question))
      progress.step()
    }
  }
  return variants.map(({ name }, i) => {
    const samples = answers[i]!
    return { name, samples, note: reservation(median(samples.map(({ othersShare }) => othersShare))) }
  })
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
