/** `${env:NAME}` and `${file:PATH}` in the strings of a config, so that secrets need not stand in it. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError, type Problem } from './config-error.js'

const REFERENCE = /\$\{(env|file):([^}]+)\}/g

/** Where references point. Paths of files are relative to `directory`. */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly directory: string
}

/**
 * A copy of `value` with every reference replaced. One trailing line break of a file is dropped. Throws a
 * `ConfigError` that names each reference that leads nowhere.
 */
export function substitute(value: unknown, sources: Sources): unknown {
  const problems: Problem[] = []
  const replaced = walk(value, '', (text, path) =>
    text.replace(REFERENCE, (reference, source: string, name: string) => {
      if (source === 'env') {
        const found = sources.env[name]
        if (found !== undefined) return found
        problems.push({
          path,
          message: `environment variable ${name} is not set; set it, or replace ${reference}`,
        })
      } else {
        try {
          return readFileSync(resolve(sources.directory, name), 'utf8').replace(/\r?\n$/, '')
        } catch (error) {
          const why = (error as NodeJS.ErrnoException).code ?? String(error)
          problems.push({
            path,
            message: `file ${name} can't be read (${why}); paths start at the config's folder`,
          })
        }
      }
      return ''
    }),
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return replaced
}

function walk(value: unknown, path: string, replace: (text: string, path: string) => string): unknown {
  if (typeof value === 'string') return replace(value, path)
  if (Array.isArray(value)) return value.map((item, i) => walk(item, `${path}[${i}]`, replace))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  return Object.fromEntries(
    entries.map(([key, item]) => [key, walk(item, path === '' ? key : `${path}.${key}`, replace)]),
  )
}
