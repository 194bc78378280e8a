/** Finds plugins, checks their options, makes them, starts them in order and stops them in reverse. */

import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Logger } from 'pino'
import { ConfigError, configError, type Problem } from './config/config-error.js'
import type { Entry } from './config/schema.js'
import { suggest } from './config/suggest.js'
import { validate } from './config/validate.js'
import { NotOffered, type Scope } from './di.js'
import { firstLine } from './first-line.js'
import { type Kind, type Kinds, type Lifecycle, type Plugin, START_ORDER } from './plugin.js'
import { LOGGER, OPTIONS } from './tokens.js'

/** A plugin that was found, with its options checked. */
export interface Found<K extends Kind = Kind> {
  readonly plugin: Plugin<K>
  readonly options: unknown
  /** Where the config names it: `plugins.auth[0]`. */
  readonly path: string
}

/** A plugin's instance. */
export interface Unit<K extends Kind = Kind> extends Found<K> {
  readonly instance: Kinds[K] & Lifecycle
}

const shippedFolder = fileURLToPath(new URL('../plugins', import.meta.url))

/** The names of the plugins of a kind that come with Signalbox. */
export function shipped(kind: Kind): string[] {
  return readdirSync(join(shippedFolder, kind))
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -'.js'.length))
    .sort()
}

/**
 * Imports every plugin that the config names and checks its options; nothing is made yet. Relative paths start at
 * `directory`. Throws a `ConfigError` with all problems of all plugins.
 */
export async function find(
  plugins: Readonly<Record<Kind, readonly Entry[]>>,
  directory: string,
): Promise<Found[]> {
  const problems: Problem[] = []
  const found: Found[] = []
  for (const kind of START_ORDER) {
    for (const [i, entry] of plugins[kind].entries()) {
      const path = `plugins.${kind}[${i}]`
      try {
        const plugin = await importPlugin(kind, entry.use, directory, `${path}.use`)
        found.push({
          plugin,
          options: validate(plugin.options, entry.options ?? {}, `${path}.options`),
          path,
        })
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        problems.push(...error.problems)
      }
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return found
}

/** The plugin behind a `use`: shipped, a path, or a package. */
export async function importPlugin(
  kind: Kind,
  use: string,
  directory: string,
  path: string,
): Promise<Plugin> {
  const module = await importModule(kind, use, directory, path)
  const plugin = module.default as Plugin | undefined
  if (typeof plugin !== 'object' || plugin === null || typeof plugin.useClass !== 'function') {
    throw configError(
      path,
      `"${use}" has no plugin as its default export; export default definePlugin({ … })`,
    )
  }
  if (plugin.kind !== kind) {
    throw configError(path, `"${use}" is a plugin of kind ${plugin.kind}; move it to plugins.${plugin.kind}`)
  }
  return plugin
}

async function importModule(
  kind: Kind,
  use: string,
  directory: string,
  path: string,
): Promise<{ default?: unknown }> {
  const names = shipped(kind)
  const file = names.includes(use)
    ? join(shippedFolder, kind, `${use}.js`)
    : /^\.\.?[/\\]/.test(use) || isAbsolute(use)
      ? resolve(directory, use)
      : undefined
  try {
    return file === undefined ? await importPackage(use, directory) : await import(pathToFileURL(file).href)
  } catch (error) {
    if (isAbsent(error, file ?? use)) throw absent(use, names, path)
    throw configError(path, `"${use}" can't be loaded: ${firstLine(error)}`)
  }
}

/** Whether `sought` itself isn't there, rather than something that it imports. */
function isAbsent(error: unknown, sought: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return false
  return isAbsolute(sought) ? !existsSync(sought) : message.includes(`'${sought}'`)
}

function absent(use: string, names: readonly string[], path: string): ConfigError {
  const meant = suggest(use, names)
  const hint = meant ? `did you mean "${meant}"?` : `shipped are: ${names.join(', ')}`
  return configError(path, `there is no such plugin: "${use}"; ${hint}`)
}

/** A package beside Signalbox, or else one that the config's folder sees. */
async function importPackage(name: string, directory: string): Promise<{ default?: unknown }> {
  try {
    return await import(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    const file = createRequire(resolve(directory, 'signalbox.json')).resolve(name)
    return import(pathToFileURL(file).href)
  }
}

/**
 * Makes one plugin in a scope of its own: what `offer` binds there, sibling plugins never see. A plugin that finds
 * its options unusable throws; the message begins with the option's name.
 */
export function make<K extends Kind>(
  found: Found<K>,
  root: Scope,
  logger: Logger,
  offer: (scope: Scope) => void,
): Unit<K> {
  const { plugin, options, path } = found
  const scope = root.child()
  scope.set(OPTIONS, options)
  scope.set(LOGGER, logger.child({ plugin: `${plugin.kind}/${plugin.name}` }))
  offer(scope)
  try {
    return { ...found, instance: scope.make(plugin.useClass) }
  } catch (error) {
    throw unusable(error, path)
  }
}

/** Options are named the way `validate` names them: `plugins.auth[0].options.secret`. */
function unusable(error: unknown, path: string): ConfigError {
  const message = firstLine(error)
  if (error instanceof NotOffered) return configError(path, message)
  const [, option, what] = /^([\w.[\]]+): (.+)$/.exec(message) ?? []
  return option === undefined
    ? configError(`${path}.options`, message)
    : configError(`${path}.options.${option}`, what!)
}
