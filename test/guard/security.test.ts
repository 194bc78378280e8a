import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { PAGE, securityReference } from './security-reference.js'
import { read } from './source-tree.js'

suite('guard/security', (test) => {
  test('the tables are what the checks say; mend: node dist/test/guard/security-reference.js', () => {
    assert.is(read(PAGE), securityReference())
  })
})
