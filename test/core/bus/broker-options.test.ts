import { Type } from 'typebox'
import * as assert from 'uvu/assert'
import { BROKER_OPTIONS, PREFIX_OPTION } from '../../../core/bus/broker-options.js'
import { validate } from '../../../core/config/validate.js'
import { suite } from '../../suite.js'

const schema = Type.Object({ ...BROKER_OPTIONS, prefix: PREFIX_OPTION })

suite('bus/broker-options', (test) => {
  test('by default a silent broker is noticed within 5 s, and a broker has to be there at the start', () => {
    const { pingMs, unreachable, bufferBytes } = validate(schema, {}, 'options')
    assert.ok(4 * pingMs <= 5000)
    assert.is(unreachable, 'refuse')
    assert.ok(bufferBytes >= 16 * 512 * 1024, 'several of the largest messages')
  })

  test('a prefix is one word', () => {
    validate(schema, { prefix: 'staging-2' }, 'options')
    for (const prefix of ['', 'a.b', 'a*', 'a b', 'x'.repeat(61)])
      assert.throws(() => validate(schema, { prefix }, 'options'), /options\.prefix/, prefix)
  })
})
