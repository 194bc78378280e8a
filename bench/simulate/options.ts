/** The command line of `npm run simulate`. */

import { parseArguments } from '../../core/cli/arguments.js'
import { UsageError } from '../../core/cli/usage-error.js'
import { STRATEGIES, type Strategy } from './strategies.js'

/** One fleet under one strategy. */
export interface Run {
  readonly nodes: number
  readonly strategy: Strategy
}

export interface SimulateOptions {
  /** Empty: help was asked for. */
  readonly runs: readonly Run[]
  readonly seed: number
  readonly json: string | undefined
  readonly html: string | undefined
  /** Files of earlier `--json`, whose outcomes are shown with the new ones. */
  readonly earlier: readonly string[]
}

const MAX_NODES = 10_000
const SIZES = [1, 10, 100, 1000]
const QUICK_SIZES = [1, 10, 100]
/** Ten million peers take minutes: only as the guide recommends it, unless another strategy is asked for. */
const LARGEST = 'room region'

export const HELP = `npm run simulate -- [options]

Runs the balancers of the server in fleets of 1 to 10,000 nodes with 1,000 peers each: six minutes in which people come
and go, nodes die and come back, and all are replaced. The same seed gives the same figures.

  --quick          1 to 100 nodes: seconds instead of minutes
  --nodes N        only a fleet of this size, 1 to ${MAX_NODES}
  --strategy NAME  only this one: ${STRATEGIES.map(({ name }) => `"${name}"`).join(', ')}
  --seed N         other draws; default 1
  --json FILE      writes the outcomes, with a line for each second
  --with FILE      shows the outcomes of an earlier --json FILE as well; may be given again
  --html FILE      writes a page with pictures
  --help           this

docs/guides/scale.md says what is assumed, and what comes out.`

/** Throws `UsageError`. */
export function parseSimulateOptions(args: readonly string[]): SimulateOptions {
  const { values } = parsed(args)
  const nodes = wholeNumber('--nodes', values.nodes, 1, MAX_NODES)
  const seed = wholeNumber('--seed', values.seed, 0, 2 ** 31 - 1) ?? 1
  const { strategy } = values
  const chosen = STRATEGIES.filter(({ name }) => strategy === undefined || name === strategy)
  if (chosen.length === 0)
    throw new UsageError(
      `--strategy: there is no "${strategy}"; there are: ${STRATEGIES.map(({ name }) => name).join(', ')}`,
    )
  const sizes = nodes === undefined ? (values.quick ? QUICK_SIZES : SIZES) : [nodes]
  const runs = sizes.flatMap((size) => chosen.map((one) => ({ nodes: size, strategy: one })))
  if (nodes === undefined && !values.quick) {
    const largest = chosen.filter(({ name }) => strategy !== undefined || name === LARGEST)
    runs.push(...largest.map((one) => ({ nodes: MAX_NODES, strategy: one })))
  }
  return {
    runs: values.help ? [] : runs,
    seed,
    json: values.json,
    html: values.html,
    earlier: values.with ?? [],
  }
}

function wholeNumber(
  option: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError(`${option}: must be a whole number from ${least} to ${most}, not "${text}"`)
  return value
}

const parsed = (args: readonly string[]) =>
  parseArguments(
    {
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        nodes: { type: 'string' },
        strategy: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'string' },
        html: { type: 'string' },
        with: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    },
    '--help says what there is',
  )
