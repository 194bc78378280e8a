import Benchmark from 'benchmark'
import { quantile } from '../statistics.js'

export interface Rules {
  readonly seconds: number
  readonly minSamples: number
}

/** How long a piece of work takes, by Benchmark.js: the median over the samples of one run. */
export function nanoseconds(work: () => number, { seconds, minSamples }: Rules): number {
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
