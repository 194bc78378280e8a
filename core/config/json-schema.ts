import { importPlugin, shipped } from '../loader.js'
import { type Kind, START_ORDER } from '../plugin.js'
import { configSchema } from './schema.js'

/**
 * The schema of the config for editors: of the file as people write it, unknown keys refused, what has a default
 * left out at will; and where a shipped plugin is named, with that plugin's own options.
 */
export async function configJsonSchema(): Promise<object> {
  const schema = asWritten(configSchema) as unknown as Schema
  const kinds = schema.properties.plugins.properties
  for (const kind of START_ORDER) {
    const branches = await Promise.all(shipped(kind).map((name) => branchOf(kind, name)))
    kinds[kind] = { ...kinds[kind], items: { ...kinds[kind].items, allOf: branches } }
  }
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }
}

interface Schema {
  properties: { plugins: { properties: Record<Kind, { items: object }> } }
}

async function branchOf(kind: Kind, name: string): Promise<object> {
  const plugin = await importPlugin(kind, name, '.', 'use')
  return {
    if: { properties: { use: { const: name } } },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
    then: { properties: { options: { ...asWritten(plugin.options), description: plugin.description } } },
  }
}

/** What the server checks has its defaults filled in by then; the file may leave out whatever has one. */
function asWritten<T>(node: T): T {
  if (Array.isArray(node)) return node.map(asWritten) as T
  if (typeof node !== 'object' || node === null) return node
  const copy: SchemaNode = Object.fromEntries(
    Object.entries(node).map(([key, part]) => [key, asWritten(part)]),
  )
  if (copy.type === 'object' && copy.properties) {
    const { properties } = copy
    copy.additionalProperties ??= false
    if (copy.required) copy.required = copy.required.filter((key) => !('default' in properties[key]!))
  }
  return copy as T
}

interface SchemaNode {
  type?: string
  properties?: Record<string, object>
  required?: string[]
  additionalProperties?: unknown
}
