/** Schema → defaults → strict validation of a clone → deep freeze. */

import type { Static, TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { ConfigError, type Problem } from './config-error.js'
import { suggest } from './suggest.js'

/** More problems than this are not worth reading at once. */
const MAX_PROBLEMS = 64

/** The parts of JSON Schema that the explanations look at. */
interface SchemaNode {
  readonly [key: string]: unknown
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly SchemaNode[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

interface ValidationError {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly message: string
  readonly params: object
}

/**
 * A deep-frozen clone of `value` with the schema's defaults filled in. Throws a `ConfigError` that names every
 * problem below `path`; values of strings are not repeated in it, since they may be secrets.
 */
export function validate<S extends TSchema>(schema: S, value: unknown, path: string): Static<S> {
  const clone = Value.Default(schema, structuredClone(value))
  const problems = explain(close(schema) as SchemaNode, clone, path)
  if (problems.length > 0) throw new ConfigError(problems)
  return deepFreeze(clone) as Static<S>
}

/** A copy of a schema in which every object that doesn't say otherwise refuses keys it doesn't name. */
function close(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(close)
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, part]) => [key, close(part)]))
  if (copy.type === 'object' && 'properties' in copy) copy.additionalProperties ??= false
  return copy
}

function explain(schema: SchemaNode, value: unknown, path: string): Problem[] {
  const before = Settings.Get().maxErrors
  Settings.Set({ maxErrors: MAX_PROBLEMS })
  try {
    const errors = Value.Errors(schema as TSchema, value) as ValidationError[]
    const meant = branchesMeant(schema, value, errors)
    return errors.flatMap((error) =>
      describe(schema, value, error, meant).map(({ path: inside, message }) => ({
        path: join(path, inside),
        message,
      })),
    )
  } finally {
    Settings.Set({ maxErrors: before })
  }
}

/** Whoever wrote an object meant the branch of the union that is one: schema paths, by those of the unions. */
function branchesMeant(
  root: SchemaNode,
  value: unknown,
  errors: readonly ValidationError[],
): ReadonlyMap<string, string> {
  const meant = new Map<string, string>()
  for (const { keyword, schemaPath, instancePath } of errors) {
    if (keyword !== 'anyOf' || !isObject(at(value, instancePath))) continue
    const { anyOf = [] } = at(root, schemaPath) as SchemaNode
    const branch = anyOf.findIndex(({ type }) => type === 'object')
    if (branch >= 0) meant.set(schemaPath, `${schemaPath}/anyOf/${branch}`)
  }
  return meant
}

/** The sentences for one error of TypeBox; none for those that only repeat another. */
function describe(
  root: SchemaNode,
  value: unknown,
  error: ValidationError,
  meant: ReadonlyMap<string, string>,
): Problem[] {
  // Branches of a union say nothing that its own `anyOf` error doesn't, except the one that was meant; `boolean`
  // repeats additionalProperties.
  const inMeant = [...meant.values()].some((branch) => error.schemaPath.startsWith(branch))
  const inBranch = error.schemaPath.includes('/anyOf/') && !inMeant
  if (inBranch || meant.has(error.schemaPath) || error.keyword === 'boolean') return []
  const schema = at(root, error.schemaPath) as SchemaNode
  const params = error.params as Record<string, readonly string[] | undefined>
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys(schema.properties ?? {})
    return (params.additionalProperties ?? []).map((key) => {
      const meant = suggest(key, known)
      const hint = meant ? `did you mean "${meant}"?` : `known are: ${known.join(', ') || 'none'}`
      return { path: `${error.instancePath}/${escapePointer(key)}`, message: `unknown key; ${hint}` }
    })
  }
  if (error.keyword === 'required') {
    return (params.requiredProperties ?? []).map((key) => ({
      path: `${error.instancePath}/${escapePointer(key)}`,
      message: `is missing; expected ${expected(schema.properties?.[key])}`,
    }))
  }
  const actual = at(value, error.instancePath)
  const wanted = ['type', 'const', 'anyOf', 'enum'].includes(error.keyword)
    ? `must be ${expected(schema)}`
    : error.message
  return [{ path: error.instancePath, message: `${wanted}, not ${shown(actual, schema)}` }]
}

function expected(schema: SchemaNode | undefined): string {
  if (schema === undefined) return 'a value'
  if (schema.anyOf) return schema.anyOf.map(expectedBranch).join(' or ')
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.type === undefined) return 'a value'
  return `${/^[aeio]/.test(schema.type) ? 'an' : 'a'} ${schema.type}`
}

/** In a union the bounds of a number are told too: its own error doesn't come. */
const expectedBranch = (schema: SchemaNode): string =>
  schema.maximum === undefined
    ? expected(schema)
    : `${expected(schema)} from ${schema.minimum} to ${schema.maximum}`

/** Strings are shown only where a fixed set of words was expected: elsewhere they may be secrets. */
function shown(value: unknown, schema: SchemaNode): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') {
    const words = 'const' in schema || schema.anyOf?.some((branch) => 'const' in branch)
    return words && value.length <= 40 ? JSON.stringify(value) : 'this string'
  }
  return Array.isArray(value) ? 'an array' : value === undefined ? 'nothing' : 'an object'
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Follows a JSON pointer (RFC 6901), or a schema path, which begins with `#`. */
function at(root: unknown, pointer: string): unknown {
  let node = root
  for (const step of pointer.split('/').slice(1)) {
    node = (node as Record<string, unknown> | undefined)?.[unescapePointer(step)]
  }
  return node
}

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')
const unescapePointer = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~')

/** `plugins` and `/auth/0/use` make `plugins.auth[0].use`. */
function join(path: string, pointer: string): string {
  let joined = path
  for (const step of pointer.split('/').slice(1).map(unescapePointer)) {
    if (/^\d+$/.test(step)) joined += `[${step}]`
    else joined += joined === '' ? step : `.${step}`
  }
  return joined
}

/** Freezes plain data to the bottom. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
