/**
 * Makes docs/reference/plugins.md from the schemas of the shipped plugins. Run it to write the page:
 * `node dist/test/guard/plugin-reference.js`.
 */

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { importPlugin, shipped } from '../../core/loader.js'
import { CARDINALITY, type Kind, type Plugin, START_ORDER } from '../../core/plugin.js'

export const PAGE = fileURLToPath(new URL('../../../docs/reference/plugins.md', import.meta.url))

const KINDS: Readonly<Record<Kind, string>> = {
  bus: 'carries messages between the processes that serve the same rooms',
  balancer: 'picks one of several targets for a key',
  auth: 'says who a client is; the plugins are asked in order until one answers',
  policy: 'decides what may happen; the plugins are asked in order, the first refusal decides',
  observer: 'is told what happened, after it happened',
  transport: 'accepts clients and speaks their dialect',
}

/** The parts of JSON Schema that the tables show. */
interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
}

/** The page as it should be. */
export async function pluginReference(): Promise<string> {
  const sections: string[] = []
  for (const kind of START_ORDER) {
    const plugins = await Promise.all(shipped(kind).map((name) => importPlugin(kind, name, '.', name)))
    const count = CARDINALITY[kind] === 'one' ? 'One' : 'Any number'
    sections.push(`## ${kind}\n\n${count}: ${KINDS[kind]}.`, ...plugins.map(sectionOf))
  }
  return `${[HEAD, ...sections].join('\n\n')}\n`
}

const HEAD = `# Plugins

Every plugin that comes with Signalbox, and its options. This page is made from the plugins themselves
(\`node dist/test/guard/plugin-reference.js\`); a test fails when they differ.

An entry of the config names a plugin by \`use\`: a name of this page, a package, or a path that begins with \`./\` or
\`../\`. To write one, see [Your first plugin](../guides/plugins.md).

\`\`\`json
{ "plugins": { "auth": [{ "use": "jwt", "options": { "secret": "\${env:SIGNALBOX_SECRET}" } }] } }
\`\`\``

function sectionOf({ kind, name, description, options }: Plugin): string {
  const rows = rowsOf(options as Schema, '')
  return `### ${kind}/${name}\n\n${wrapped(description)}\n\n${rows.length === 0 ? 'No options.' : table([['option', 'type', 'default', ''], ...rows])}`
}

/** In lines that diffs show whole. */
function wrapped(text: string): string {
  return text.replace(/(.{1,120})(?: |$)/g, '$1\n').trimEnd()
}

/** A Markdown table with columns of even width, as the formatter writes them; the first row is the head. */
function table(rows: string[][]): string {
  const escaped = rows.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = escaped[0]!.map((_, i) => Math.max(3, ...escaped.map((cells) => cells[i]!.length)))
  const lines = escaped.map((cells) => cells.map((cell, i) => cell.padEnd(widths[i]!)))
  lines.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  )
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** One row for each option; those of objects and of lists of objects follow the one that holds them. */
function rowsOf(schema: Schema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const name = prefix + key
    const row = [`\`${name}\``, typeOf(option), defaultOf(option, schema.required?.includes(key) ?? false)]
    const inside = option.items?.properties ? rowsOf(option.items, `${name}[].`) : rowsOf(option, `${name}.`)
    return [[...row, option.description ?? ''], ...inside]
  })
}

function typeOf(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if ('const' in schema) return `\`${JSON.stringify(schema.const)}\``
  if (schema.items?.anyOf) return `list of ${schema.items.anyOf.map((word) => word.const).join(', ')}`
  if (schema.items) return `list of ${schema.items.type}s`
  return `${schema.type}${rangeOf(schema)}`
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Schema): string {
  const from = minimum ?? exclusiveMinimum
  if (from === undefined && maximum === undefined) return ''
  if (maximum === undefined) return minimum === undefined ? `, over ${from}` : `, ${from} or more`
  return `, ${from} to ${maximum}`
}

function defaultOf(schema: Schema, required: boolean): string {
  if (schema.default !== undefined) return `\`${JSON.stringify(schema.default)}\``
  return required ? 'required' : ''
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, await pluginReference())
