import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import * as assert from 'uvu/assert'
import { configJsonSchema } from '../../../core/config/json-schema.js'
import { shipped } from '../../../core/loader.js'
import { START_ORDER } from '../../../core/plugin.js'
import { suite } from '../../suite.js'

interface Branch {
  if: { properties: { use: { const: string } } }
  then: { properties: { options: { description?: string; properties?: object } } }
}
type PluginsSchema = Record<string, { items: { allOf: Branch[] } }>

suite('config/json-schema', (test) => {
  test('is plain JSON that names its dialect and describes every key', async () => {
    const schema = (await configJsonSchema()) as Record<string, unknown>
    assert.is(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
    assert.equal(JSON.parse(JSON.stringify(schema)), schema)
    for (const [key, property] of Object.entries(
      schema.properties as Record<string, { description?: string }>,
    )) {
      assert.type(property.description, 'string', key)
    }
  })

  test('knows the options of every shipped plugin', async () => {
    const schema = JSON.parse(JSON.stringify(await configJsonSchema()))
    const plugins = schema.properties.plugins.properties as PluginsSchema
    for (const kind of START_ORDER) {
      const names = plugins[kind]!.items.allOf.map((branch) => branch.if.properties.use.const)
      assert.equal(names, shipped(kind), kind)
      for (const branch of plugins[kind]!.items.allOf) {
        assert.type(branch.then.properties.options.description, 'string')
      }
    }
    const ws = plugins.transport!.items.allOf.find((branch) => branch.if.properties.use.const === 'ws')
    assert.ok('path' in (ws?.then.properties.options.properties ?? {}))
  })

  test('accepts what people write: whatever has a default may be left out', async () => {
    const schema = (await configJsonSchema()) as TSchema
    const ice = { use: 'ice', options: { servers: [{ urls: ['stun:stun.example'] }] } }
    for (const config of [
      {},
      { $schema: './signalbox.schema.json', listen: { port: 1 } },
      { plugins: { auth: [{ use: 'open' }], policy: [ice] } },
      { plugins: { auth: [{ use: './my-auth.js', options: { anything: true } }] } },
      { admin: false, limits: { pingMs: 1000 } },
    ]) {
      assert.equal(Value.Errors(schema, config), [], JSON.stringify(config))
    }
  })

  test('refuses what the server would refuse', async () => {
    const schema = (await configJsonSchema()) as TSchema
    for (const config of [
      { listn: {} },
      { listen: { port: 'x' } },
      { listen: { prot: 1 } },
      { plugins: { auth: [{}] } },
      { plugins: { transport: [{ use: 'ws', options: { path: 7 } }] } },
      { plugins: { transport: [{ use: 'ws', options: { pth: '/' } }] } },
    ]) {
      assert.not(Value.Check(schema, config), JSON.stringify(config))
    }
  })
})
