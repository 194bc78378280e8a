/** From a file to a configuration. */

import { readFileSync } from 'node:fs'
import { type ConfigError, configError } from './config-error.js'
import { type Config, configSchema } from './schema.js'
import { substitute } from './substitute.js'
import { validate } from './validate.js'

/**
 * Checks a configuration: fills in references and defaults, and refuses what isn't known. `directory` is where
 * relative paths start. Throws a `ConfigError`.
 */
export function parseConfig(
  value: unknown,
  directory: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  return validate(configSchema, substitute(value, { env, directory }), '')
}

/** The JSON in a file. Throws a `ConfigError` that says where and what. */
export function readJson(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error)
    throw configError('', `${file}: ${why}; name an existing JSON file`)
  }
  return parseJson(text, file)
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
