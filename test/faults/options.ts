/** The command line of `npm run test:faults`. */

import { parseArguments } from '../../core/cli/arguments.js'
import { UsageError } from '../../core/cli/usage-error.js'
import type { EngineName } from '../../core/engine/engine.js'
import { ENGINES } from '../suite.js'
import { BUSES, type BusName } from './cluster.js'
import { EXPERIMENTS } from './experiments.js'
import { type Experiment, FULL, QUICK, type Scale } from './lab.js'

export interface Options {
  /** Empty: help was asked for. */
  readonly experiments: readonly Experiment[]
  readonly engines: readonly EngineName[]
  /** For experiments with several processes. */
  readonly buses: readonly BusName[]
  readonly seed: number
  /** Where the logs of clients go when a promise was broken between nodes. */
  readonly keep: string | undefined
  readonly scale: Scale
}

const names = EXPERIMENTS.map(({ name }) => name)

export const HELP = `npm run test:faults -- [what …] [options]

${EXPERIMENTS.map(({ name, about }) => `  ${name.padEnd(16)}${about}`).join('\n')}

  Without a name all of them, with both engines, and every bus that they are about.

  --quick               smaller crowds, one seed: a first impression
  --engine wasm|js      only this engine
  --bus nats|redis|ipc  only this bus, where there are several nodes
  --seed N              the first seed (default 1); a run is repeated by the seed that it names
  --seeds N             how many seeds (mayhem; where there are several nodes)
  --clients N           how many clients (mayhem, standstill, killing; where there are several nodes)
  --faults N            how many faults each of them meets (mayhem)
  --keep FILE           writes what the clients saw, where there are several nodes and a promise was broken
  --help                this

Ends with 0 when every promise was kept, with 1 when one wasn't, with 2 when the command line makes no sense.
docs/reference/reliability.md says what is promised.`

/** Throws `UsageError`. */
export function parseOptions(args: readonly string[]): Options {
  const { positionals, values } = parsed(args)
  for (const name of positionals) {
    if (!names.includes(name))
      throw new UsageError(`there is no experiment "${name}"; there are: ${names.join(', ')}`)
  }
  const { engine } = values
  if (engine !== undefined && engine !== 'wasm' && engine !== 'js')
    throw new UsageError(`--engine: must be wasm or js, not "${engine}"`)
  const { bus } = values
  if (bus !== undefined && !isBus(bus))
    throw new UsageError(`--bus: must be one of ${BUSES.join(', ')}, not "${bus}"`)
  const base = values.quick ? QUICK : FULL
  return {
    experiments: values.help
      ? []
      : EXPERIMENTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    engines: engine === undefined ? ENGINES : [engine],
    buses: bus === undefined ? BUSES : [bus],
    seed: count('seed', values.seed, 1),
    keep: values.keep,
    scale: {
      ...base,
      clients: count('clients', values.clients, base.clients),
      faults: count('faults', values.faults, base.faults),
      seeds: count('seeds', values.seeds, base.seeds),
      cluster: {
        ...base.cluster,
        clients: count('clients', values.clients, base.cluster.clients),
        seeds: count('seeds', values.seeds, base.cluster.seeds),
      },
    },
  }
}

const isBus = (text: string): text is BusName => (BUSES as readonly string[]).includes(text)

function count(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--${name}: must be a number from 1, not "${text}"`)
  return Number(text)
}

const parsed = (args: readonly string[]) =>
  parseArguments(
    {
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        engine: { type: 'string' },
        bus: { type: 'string' },
        seed: { type: 'string' },
        seeds: { type: 'string' },
        clients: { type: 'string' },
        faults: { type: 'string' },
        keep: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    },
    '--help prints what there is',
  )
