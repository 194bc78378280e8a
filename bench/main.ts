/** `npm run bench`: the laboratory. Exit codes: 0 measured, 1 a run failed, 2 the command line makes no sense. */

import { writeFileSync } from 'node:fs'
import { UsageError } from '../core/cli/usage-error.js'
import { firstLine } from '../core/first-line.js'
import { compare } from './compare.js'
import { beginMeta } from './meta.js'
import { MENU, type Options, parseOptions, type SuiteName } from './options.js'
import { printAbsences, printChanges, printResults } from './print.js'
import { profile } from './profile.js'
import { duration } from './progress.js'
import { page } from './report/page.js'
import { type Absence, type Report, type Result, readReport } from './report.js'
import { balance } from './suites/balance.js'
import { bus } from './suites/bus.js'
import { cluster } from './suites/cluster.js'
import { growth } from './suites/growth.js'
import { latency } from './suites/latency.js'
import { load, peers } from './suites/load.js'
import { memory } from './suites/memory.js'
import { micro } from './suites/micro.js'
import { overload } from './suites/overload.js'
import type { Suite } from './suites/suite.js'

const SUITE: Readonly<Record<SuiteName, Suite>> = {
  micro,
  load,
  peers,
  memory,
  latency,
  growth,
  balance,
  bus,
  overload,
  cluster,
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (options.suites.length === 0) {
    console.log(MENU)
    return 0
  }
  if (options.profile !== undefined) {
    await profile(options.profile, options.engines)
    return 0
  }
  const before = options.compare === undefined ? undefined : readReport(options.compare)
  const report = await measure(options)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
  if (options.html !== undefined) writeFileSync(options.html, page(report))
  printAbsences(report.meta.absent)
  if (before) printChanges(compare(before, report), before)
  return report.meta.absent.some(({ failure }) => failure) ? 1 : 0
}

/** Says what a run will take, before it takes it. */
function announce(options: Options): void {
  const times = options.suites.map((suite) => ({ suite, ms: SUITE[suite].seconds(options) * 1000 }))
  const sum = duration(times.reduce((all, { ms }) => all + ms, 0))
  const parts =
    times.length > 1 ? ` (${times.map(({ suite, ms }) => `${suite} ${duration(ms)}`).join(', ')})` : ''
  console.log(`about ${sum}${parts}; longer where other work disturbs it`)
}

async function measure(options: Options): Promise<Report> {
  announce(options)
  const results: Result[] = []
  const absent: Absence[] = []
  let clientShare = 0
  const end = beginMeta(options)
  for (const suite of options.suites) {
    const found = await SUITE[suite].run(options)
    printResults(found.results)
    results.push(...found.results)
    absent.push(...found.absent)
    clientShare = Math.max(clientShare, found.clientShare ?? 0)
  }
  return { meta: end(absent, clientShare), results }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(`bench: ${firstLine(error)}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
