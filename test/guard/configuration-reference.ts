/**
 * Makes docs/reference/configuration.md: the tables from the schema of the config, around what people wrote. Run it to
 * write the page: `node dist/test/guard/configuration-reference.js`.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configSchema } from '../../core/config/schema.js'
import { ROOT, read } from './source-tree.js'

export const PAGE = 'docs/reference/configuration.md'
const BEGIN = '<!-- made from core/config/schema.ts: begin -->'
const END = '<!-- made from core/config/schema.ts: end -->'

/** The parts of JSON Schema that the tables show. */
interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
}

/** The page as it should be: what stands between the marks is made anew. */
export function configurationReference(): string {
  const page = read(PAGE)
  const [before] = page.split(BEGIN)
  const [, after] = page.split(END)
  return `${before}${BEGIN}\n\n${tables(configSchema as Schema)}\n${END}${after}`
}

function tables({ properties = {} }: Schema): string {
  const simple = Object.entries(properties).filter(([, key]) => membersOf(key) === undefined)
  const sections = Object.entries(properties).filter(([, key]) => membersOf(key) !== undefined)
  return [`### Top level\n\n${table(simple)}`, ...sections.flatMap(([name, key]) => section(name, key))].join(
    '\n',
  )
}

/** One object's table, and then those of the objects in it. */
function section(path: string, key: Schema): string[] {
  const members = Object.entries(membersOf(key)!)
  const inner = members.filter(([, member]) => membersOf(member) !== undefined)
  return [
    `### ${path}\n\n${key.description}.\n\n${table(members)}`,
    ...inner.flatMap(([name, member]) => section(`${path}.${name}`, member)),
  ]
}

/** The keys of an object, of the object among alternatives, or of the objects in a list that isn't one of plugins. */
const membersOf = ({ properties, items, anyOf }: Schema): Schema['properties'] =>
  properties ??
  (items?.properties?.use === undefined ? items?.properties : undefined) ??
  anyOf?.find((one) => one.properties)?.properties

function table(keys: readonly (readonly [string, Schema])[]): string {
  const head = ['key', 'value', 'default', '']
  const body = keys.map(([name, key]) => [`\`${name}\``, typeOf(key), defaultOf(key), key.description ?? ''])
  const widths = head.map((_, i) => Math.max(3, ...[head, ...body].map((row) => row[i]!.length)))
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!, fill)).join(' | ')} |\n`
  return [line(head), line(['', '', '', ''], '-'), ...body.map((row) => line(row))].join('')
}

function typeOf({ type, anyOf, minimum, maximum, minLength, items }: Schema): string {
  if (anyOf)
    return anyOf.map((one) => ('const' in one ? `\`${JSON.stringify(one.const)}\`` : one.type)).join(', ')
  if (type === 'integer') return `${minimum} to ${maximum}`
  if (type === 'array') return items?.properties ? 'list of plugins' : `list of ${items?.type}s`
  return minLength !== undefined && minLength > 1 ? `${type}, ${minLength} characters or more` : type!
}

const defaultOf = (key: Schema): string =>
  key.default === undefined ? 'none' : `\`${JSON.stringify(key.default)}\``

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(ROOT, PAGE), configurationReference())
}
