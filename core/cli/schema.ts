import { configJsonSchema } from '../config/json-schema.js'
import { parseArguments } from './arguments.js'

/** `signalbox schema`: the config's JSON schema with the options of the shipped plugins. */
export async function schema(args: string[]): Promise<void> {
  parseArguments({ args, options: {} })
  process.stdout.write(`${JSON.stringify(await configJsonSchema(), null, 2)}\n`)
}
