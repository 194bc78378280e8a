import { Type } from 'typebox'
import * as assert from 'uvu/assert'
import { CARDINALITY, definePlugin, START_ORDER } from '../../core/plugin.js'
import { suite } from '../suite.js'

suite('plugin', (test) => {
  test('every kind has a place in the order: the bus first, transports last', () => {
    assert.equal([...START_ORDER].sort(), Object.keys(CARDINALITY).sort())
    assert.is(START_ORDER[0], 'bus')
    assert.is(START_ORDER.at(-1), 'transport')
  })

  test('definePlugin freezes a copy of the description', () => {
    const description = {
      kind: 'observer',
      name: 'quiet',
      description: 'Says nothing.',
      options: Type.Object({}),
      useClass: class {},
    } as const
    const plugin = definePlugin(description)
    assert.equal(plugin, description)
    assert.throws(() => {
      ;(plugin as { name: string }).name = 'loud'
    }, /read only/)
  })
})
