import { importPlugin, shipped } from '../loader.js'
import { type Kind, START_ORDER } from '../plugin.js'
import { configSchema } from './schema.js'

/**
 * The schema of the config for editors: as the server checks it, and where a shipped plugin is named, with that
 * plugin's own options.
 */
export async function configJsonSchema(): Promise<object> {
  const schema = structuredClone({ ...configSchema }) as unknown as Schema
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
    then: { properties: { options: { ...plugin.options, description: plugin.description } } },
  }
}
