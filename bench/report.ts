/** What a run of the benchmarks leaves behind: the JSON of `--json`, and what the other outputs are made from. */

import { readFileSync } from 'node:fs'
import type { SuiteName } from './options.js'
import { rounded, type Summary, summarise } from './statistics.js'

export interface Result extends Summary {
  readonly suite: SuiteName
  readonly case: string
  readonly variant: string
  readonly unit: Unit
  /** Why this number isn't quite what it says; absent when it is. */
  readonly note?: string
}

/** Of what comes a second more is better, of everything else less. */
export type Unit =
  | 'deliveries/s'
  | 'newcomers/s'
  | 'requests/s'
  | 'deliveries/core/s'
  | 'ns/message'
  | 'ns/delivery'
  | 'ns'
  | 'µs'
  | 'ms'
  | 'bytes'
  | 'collections'
  | 'max/mean - 1'
  | '%'
  | '% moved'
  | 'units of service'

export const moreIsBetter = (unit: Unit): boolean => unit.endsWith('/s')

/** Something that was asked for and isn't among the results: a peer that doesn't start, a run that lost a message. */
export interface Absence {
  readonly suite: SuiteName
  readonly case?: string
  readonly variant: string
  readonly why: string
  /** A failure makes the whole run fail; the rest is merely left out. */
  readonly failure: boolean
}

export interface Meta {
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memoryBytes: number
    readonly kernel: string
  }
  readonly node: string
  /** The commit measured; `+` behind it when files had been changed since. */
  readonly commit: string
  readonly at: string
  readonly options: {
    readonly suites: readonly SuiteName[]
    readonly quick: boolean
    readonly engines: readonly string[]
  }
  /** Load average before and after: a machine that had other things to do. */
  readonly loadAverage: { readonly before: number; readonly after: number }
  /** Highest share of a core that the load client took in a run that counted. */
  readonly clientShare?: number
  readonly absent: readonly Absence[]
}

export interface Report {
  readonly meta: Meta
  readonly results: readonly Result[]
}

/** One result of these samples. */
export function result(
  suite: SuiteName,
  name: string,
  variant: string,
  unit: Unit,
  samples: readonly number[],
  note?: string,
): Result {
  const { median, min, max } = summarise(samples)
  return {
    suite,
    case: name,
    variant,
    unit,
    median: rounded(median),
    min: rounded(min),
    max: rounded(max),
    samples: samples.map(rounded),
    ...(note === undefined ? {} : { note }),
  }
}

/** Reads a `--json` file. Throws a one-line error when it isn't one. */
export function readReport(file: string): Report {
  let report: Partial<Report>
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report>
  } catch (error) {
    throw new Error(`${file}: can't be read as a result: ${(error as Error).message.split('\n')[0]}`)
  }
  if (!Array.isArray(report?.results) || typeof report.meta !== 'object')
    throw new Error(`${file}: is no result of these benchmarks`)
  return report as Report
}
