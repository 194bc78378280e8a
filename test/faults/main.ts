/** `npm run test:faults`: everything that may go wrong, on purpose. Exit codes: see `HELP`. */

import { UsageError } from '../../core/cli/usage-error.js'
import type { EngineName } from '../../core/engine/engine.js'
import { firstLine } from '../../core/first-line.js'
import { type Experiment, type Finding, Lab } from './lab.js'
import { HELP, type Options, parseOptions } from './options.js'
import { Watch } from './watch.js'

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (options.experiments.length === 0) {
    console.log(HELP)
    return 0
  }
  const planned =
    options.engines.length * options.experiments.reduce((sum, one) => sum + one.seconds(options.scale), 0)
  const watch = new Watch(planned)
  const broken: string[] = []
  for (const engine of options.engines) {
    for (const experiment of options.experiments) {
      const kept = await carryOut(experiment, engine, options, watch)
      if (!kept) broken.push(`${experiment.name} (${engine})`)
    }
  }
  const all = options.engines.length * options.experiments.length
  console.log(`\n${all - broken.length} of ${all} experiments kept every promise, in ${watch.elapsed}`)
  if (broken.length > 0) console.log(`broken: ${broken.join(', ')}; again with --seed ${options.seed}`)
  return broken.length > 0 ? 1 : 0
}

async function carryOut(
  experiment: Experiment,
  engine: EngineName,
  { seed, scale }: Options,
  watch: Watch,
): Promise<boolean> {
  const title = `${experiment.name} (${engine})`
  const end = watch.begin(title, experiment.seconds(scale))
  const lab = new Lab(engine, seed, scale, (text, share) => watch.show(text, share))
  let finding: Finding
  try {
    finding = await experiment.run(lab)
  } catch (error) {
    finding = { figures: {}, failures: [`could not be carried out: ${(error as Error).stack}`] }
  } finally {
    await lab.clear()
  }
  console.log(`\n${title}: ${finding.failures.length === 0 ? 'kept' : 'BROKEN'}, ${end()}`)
  for (const [name, value] of Object.entries(finding.figures)) {
    console.log(`  ${name.padEnd(40)}${value}`)
  }
  for (const failure of finding.failures) console.log(`  ✗ ${failure.replaceAll('\n', '\n    ')}`)
  return finding.failures.length === 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(`faults: ${firstLine(error)}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
