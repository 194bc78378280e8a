import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { run } from './command.js'

suite('cli: schema', (test) => {
  test('prints a JSON schema that judges configs', async (defer) => {
    const { code, stdout, stderr } = await run(defer, ['schema'])
    assert.equal([code, stderr], [0, ''])
    const schema = JSON.parse(stdout) as TSchema
    assert.ok(Value.Check(schema, { listen: { port: 0 } }))
    assert.not(Value.Check(schema, { listen: { prot: 0 } }))
  })
})
