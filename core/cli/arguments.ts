import { type ParseArgsConfig, parseArgs } from 'node:util'
import { firstLine } from '../first-line.js'
import { UsageError } from './usage-error.js'

/** `parseArgs` of Node, with errors that a person can act on; `help` says where there is more. */
export function parseArguments<C extends ParseArgsConfig>(
  config: C,
  help = 'see signalbox --help',
): ReturnType<typeof parseArgs<C>> {
  try {
    return parseArgs(config)
  } catch (error) {
    throw new UsageError(`${firstLine(error)}; ${help}`)
  }
}
