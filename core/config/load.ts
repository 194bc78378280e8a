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
  } catch {
    throw syntaxError(text, file)
  }
}

/** Says where the text stops being JSON. The parser's own message is left out: it quotes the file, secrets and all. */
function syntaxError(text: string, file: string): ConfigError {
  const offset = firstOffence(text)
  const before = text.slice(0, offset).split('\n')
  const where = `${file}:${before.length}:${before.at(-1)!.length + 1}`
  const what = offset < text.length ? `unexpected ${JSON.stringify(text[offset])}` : 'the file ends too early'
  return configError('', `${where}: not valid JSON: ${what}; mend the file there or just before`)
}

/** The parser tells positions for some mistakes only. All that stands before one could still become JSON: bisect. */
function firstOffence(text: string): number {
  let [good, bad] = [0, text.length + 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (couldGoOn(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return good
}

/** Whether a text is JSON, or is wrong only in that it ends. */
function couldGoOn(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const { message } = error as SyntaxError
    const position = /at position (\d+)/.exec(message)?.[1]
    return position === undefined ? message.startsWith('Unexpected end') : Number(position) >= text.length
  }
}
