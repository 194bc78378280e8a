/** `npm run simulate`. Exit codes: 0 simulated, 1 it failed, 2 the command line makes no sense. */

import { readFileSync, writeFileSync } from 'node:fs'
import { UsageError } from '../../core/cli/usage-error.js'
import { firstLine } from '../../core/first-line.js'
import { commit } from '../meta.js'
import { duration, Progress } from '../progress.js'
import { table } from './columns.js'
import { HELP, parseSimulateOptions, type Run } from './options.js'
import { simulationPage } from './page.js'
import { PLAN } from './plan.js'
import { Simulation } from './simulation.js'
import type { Outcome } from './tally.js'

/** Steps of progress that a run has for each thousand of its nodes, and one. */
const STEPS = 20

/** Seconds of a quiet core: a decision takes longer where there are more nodes to choose from. */
const secondsOf = ({ nodes }: Run): number => (nodes / 1000) * (12 + nodes / 1000)

function main(args: readonly string[]): void {
  const { runs, seed, json, html, earlier } = parseSimulateOptions(args)
  if (runs.length === 0) {
    console.log(HELP)
    return
  }
  const seconds = runs.reduce((sum, run) => sum + secondsOf(run), 1)
  console.log(`about ${duration(seconds * 1000)}; longer where other work disturbs it`)
  const progress = new Progress(runs.reduce((sum, run) => sum + stepsOf(run), 0))
  const outcomes = earlier.flatMap(readOutcomes)
  for (const run of runs) outcomes.push(simulate(run, seed, progress))
  progress.clear()
  outcomes.sort((a, b) => a.nodes - b.nodes)
  console.log(table(outcomes))
  const made = commit()
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ commit: made, seed, plan: PLAN, outcomes })}\n`)
  if (html !== undefined) writeFileSync(html, simulationPage(outcomes, made, seed))
}

/** The outcomes in a file of `--json`. Throws a one-line error when it isn't one. */
function readOutcomes(file: string): readonly Outcome[] {
  const { outcomes } = JSON.parse(readFileSync(file, 'utf8')) as { outcomes?: readonly Outcome[] }
  if (!Array.isArray(outcomes)) throw new Error(`${file}: has no outcomes of a simulation`)
  return outcomes
}

const stepsOf = ({ nodes }: Run): number => 1 + Math.ceil((nodes / 1000) * STEPS)

function simulate({ nodes, strategy }: Run, seed: number, progress: Progress): Outcome {
  const what = `${nodes} nodes, ${strategy.name}`
  const steps = stepsOf({ nodes, strategy })
  let taken = 0
  const upTo = (done: number) => {
    for (; taken < Math.floor(done * steps); taken++) progress.step()
    progress.show(what)
  }
  upTo(0)
  const tally = new Simulation(nodes, strategy, seed).run(upTo)
  upTo(1)
  return tally.outcome(nodes, strategy.name)
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(`simulate: ${firstLine(error)}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
