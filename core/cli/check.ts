import { dirname, resolve } from 'node:path'
import { pino } from 'pino'
import { parseConfig, readJson } from '../config/load.js'
import { createServer } from '../server.js'
import { boundsOf } from '../workers/bounds.js'
import { parseArguments } from './arguments.js'
import { UsageError } from './usage-error.js'

/** `signalbox check FILE`: loads everything that `start` would, plugins and their options too, and starts nothing. */
export async function check(args: string[]): Promise<void> {
  const { positionals } = parseArguments({ args, options: {}, allowPositionals: true })
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0)
    throw new UsageError('check takes one file: signalbox check FILE')
  const directory = dirname(resolve(file))
  const config = readJson(file)
  boundsOf(parseConfig(config, directory).workers)
  const one = { ...(config as object), workers: 1 }
  await createServer(one, { directory, logger: pino({ level: 'silent' }) })
  process.stdout.write(`${file}: good\n`)
}
