import * as assert from 'uvu/assert'
import { credentialHash } from '../../../core/access/credential-hash.js'
import { suite } from '../../suite.js'

suite('credential-hash', (test) => {
  test('is the beginning of the SHA-256, so that an operator can compute it', () => {
    assert.is(credentialHash('abc'), 'ba7816bf8f01')
  })

  test('copes with anything, and tells nothing of its length', () => {
    for (const credential of ['', '\0', '\ud800', 'x'.repeat(100_000)]) {
      assert.match(credentialHash(credential), /^[0-9a-f]{12}$/)
    }
  })
})
