/** From a file to a configuration. */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type ConfigError, configError } from './config-error.js'
import { type Config, configSchema } from './schema.js'
import { substitute } from './substitute.js'
import { validate } from './validate.js'

export interface LoadedConfig {
  readonly config: Config
  /** Where relative paths in the config start. */
  readonly directory: string
}

/** Checks a configuration that is already an object. Throws a `ConfigError`. */
export function parseConfig(
  value: unknown,
  directory: string = process.cwd(),
  env: Readonly<Record<string, string | undefined>> = process.env,
): LoadedConfig {
  return { config: validate(configSchema, substitute(value, { env, directory }), ''), directory }
}

/** Reads a JSON file. Throws a `ConfigError` that says where and what. */
export function readConfig(file: string, env?: Readonly<Record<string, string | undefined>>): LoadedConfig {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error)
    throw configError('', `${file}: ${why}; name an existing JSON file with --config`)
  }
  return parseConfig(parseJson(text, file), dirname(resolve(file)), env)
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw syntaxError(text, file, error as SyntaxError)
  }
}

/** V8 tells the position in its message only; where it doesn't, the file ended too early. */
function syntaxError(text: string, file: string, error: SyntaxError): ConfigError {
  const position = Number(/at position (\d+)/.exec(error.message)?.[1] ?? text.length)
  const before = text.slice(0, position).split('\n')
  const where = `${file}:${before.length}:${before.at(-1)!.length + 1}`
  return configError('', `${where}: not valid JSON: ${error.message}; mend the file there or just before`)
}
