/** The command line of `npm run bench`. */

import { parseArguments } from '../core/cli/arguments.js'
import { UsageError } from '../core/cli/usage-error.js'
import type { EngineName } from '../core/engine/engine.js'
import { LOADS } from './load/loads.js'

export const SUITES = [
  'micro',
  'load',
  'peers',
  'memory',
  'latency',
  'growth',
  'balance',
  'bus',
  'overload',
  'cluster',
] as const
export type SuiteName = (typeof SUITES)[number]

export interface Options {
  /** In the order of `SUITES`; empty: the menu was asked for. */
  readonly suites: readonly SuiteName[]
  /** Fewer rounds and shorter ones: a first impression. */
  readonly quick: boolean
  readonly engines: readonly EngineName[]
  /** Files to write. */
  readonly json: string | undefined
  readonly html: string | undefined
  /** An earlier JSON file to compare with. */
  readonly compare: string | undefined
  /** Instead of measuring: a load whose time in the server is told by function. */
  readonly profile: string | undefined
}

/** What `all` stands for: `peers` has everything that `load` has. */
const ALL: readonly SuiteName[] = SUITES.filter((name) => name !== 'load')

export const MENU = `npm run bench -- <what> [options]

  micro      one message in, one frame out; room look-ups; joins and leaves: engines against idiomatic JavaScript
  load       a whole server under load: calls, meetings, stages, storms, set-ups of calls; engine against engine
  peers      the same, side by side with other signaling servers, and with relays that show the ceiling
  memory     bytes an idle connection, bytes a membership, at 10,000 connections
  latency    at a fixed rate, and what the garbage collector does meanwhile
  growth     what a delivery costs from 10 to 10,000 connections, and from 1 to 10,000 rooms
  balance    balancers: imbalance under uniform, Zipf and giant loads, keys moved, cost of a decision
  bus        a message from server to server: our buses, and the logs that brokers offer instead
  overload   calls while newcomers come at up to three times what a server can take; with admission control and without
  cluster    two workers against one; deliveries to another node over NATS and Redis, beside socket.io's adapters
  all        everything above but load, which peers includes

  --quick           fewer and shorter rounds, for a first impression
  --engine wasm|js  only this engine of ours
  --json FILE       writes the results, with the machine they are from
  --html FILE       writes a page with plots
  --profile CASE    load only: instead of measuring, where the server's time goes under this load, by function
  --compare FILE    flags what changed beyond the noise since an earlier --json FILE

docs/guides/benchmarks.md says how to read the numbers, and how to distrust them.`

/** Throws `UsageError`. */
export function parseOptions(args: readonly string[]): Options {
  const { positionals, values } = parsed(args)
  const asked = positionals.flatMap((name) => (name === 'all' ? ALL : name))
  for (const name of asked) {
    if (!(SUITES as readonly string[]).includes(name))
      throw new UsageError(`there is no benchmark "${name}"; there are: ${SUITES.join(', ')}, all`)
  }
  const { engine } = values
  if (engine !== undefined && engine !== 'wasm' && engine !== 'js')
    throw new UsageError(`--engine: must be wasm or js, not "${engine}"`)
  const { profile } = values
  if (profile !== undefined && asked.join() !== 'load')
    throw new UsageError('--profile: goes with load alone')
  if (profile !== undefined && !LOADS.some(({ name }) => name === profile))
    throw new UsageError(
      `--profile: there is no load "${profile}"; there are: ${LOADS.map(({ name }) => name).join(', ')}`,
    )
  return {
    suites: values.help ? [] : SUITES.filter((name) => asked.includes(name)),
    quick: values.quick ?? false,
    engines: engine === undefined ? ['wasm', 'js'] : [engine],
    json: values.json,
    html: values.html,
    compare: values.compare,
    profile,
  }
}

const parsed = (args: readonly string[]) =>
  parseArguments(
    {
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        engine: { type: 'string' },
        json: { type: 'string' },
        html: { type: 'string' },
        compare: { type: 'string' },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    },
    'npm run bench prints what there is',
  )
