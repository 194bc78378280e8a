/** `npm run test:faults`: everything that may go wrong, on purpose. Exit codes: see `HELP`. */

import { UsageError } from '../../core/cli/usage-error.js'
import type { EngineName } from '../../core/engine/engine.js'
import { firstLine } from '../../core/first-line.js'
import type { BusName } from './cluster.js'
import { type Experiment, type Finding, Lab } from './lab.js'
import { HELP, type Options, parseOptions } from './options.js'
import { Watch } from './watch.js'

/** What is to be undone when the run is broken off. */
let running: Lab | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void running?.clear().then(() => process.exit(1)))
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (options.experiments.length === 0) {
    console.log(HELP)
    return 0
  }
  const plan = options.engines.flatMap((engine) =>
    options.experiments.flatMap((experiment) =>
      busesOf(experiment, options).map((bus) => ({ experiment, engine, bus })),
    ),
  )
  const watch = new Watch(plan.reduce((sum, { experiment }) => sum + experiment.seconds(options.scale), 0))
  const outcomes = { kept: 0, skipped: [] as string[], broken: [] as string[] }
  for (const { experiment, engine, bus } of plan) {
    const title = `${experiment.name} (${engine}${bus === undefined ? '' : `, ${bus}`})`
    const { skipped, failures } = await carryOut(title, experiment, { engine, bus }, options, watch)
    if (skipped !== undefined) outcomes.skipped.push(title)
    else if (failures.length > 0) outcomes.broken.push(title)
    else outcomes.kept++
  }
  const { kept, skipped, broken } = outcomes
  console.log(`\n${kept} of ${plan.length} experiments kept every promise, in ${watch.elapsed}`)
  if (skipped.length > 0) console.log(`skipped: ${skipped.join(', ')}`)
  if (broken.length > 0) console.log(`broken: ${broken.join(', ')}; again with --seed ${options.seed}`)
  return broken.length > 0 ? 1 : 0
}

/** Those of an experiment that were asked for; `undefined`: it has a single server. */
const busesOf = ({ buses }: Experiment, options: Options): readonly (BusName | undefined)[] =>
  buses === undefined ? [undefined] : buses.filter((bus) => options.buses.includes(bus))

async function carryOut(
  title: string,
  experiment: Experiment,
  { engine, bus }: { readonly engine: EngineName; readonly bus: BusName | undefined },
  { seed, scale, keep }: Options,
  watch: Watch,
): Promise<Finding> {
  const end = watch.begin(title, experiment.seconds(scale))
  const lab = new Lab(engine, seed, scale, { bus, keep, note: (text, share) => watch.show(text, share) })
  running = lab
  let finding: Finding
  try {
    finding = await experiment.run(lab)
  } catch (error) {
    finding = { figures: {}, failures: [`could not be carried out: ${(error as Error).stack}`] }
  } finally {
    await lab.clear()
  }
  const took = end()
  if (finding.skipped !== undefined) {
    console.log(`\n${title}: skipped: ${finding.skipped}`)
    return finding
  }
  console.log(`\n${title}: ${finding.failures.length === 0 ? 'kept' : 'BROKEN'}, ${took}`)
  for (const [name, value] of Object.entries(finding.figures)) {
    console.log(`  ${name.padEnd(52)}${value}`)
  }
  for (const failure of finding.failures) console.log(`  ✗ ${failure.replaceAll('\n', '\n    ')}`)
  return finding
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(`faults: ${firstLine(error)}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
