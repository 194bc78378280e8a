import * as assert from 'uvu/assert'
import { bondOf, canProve, proofOf, secret } from '../../client/proof.js'
import { suite } from '../suite.js'

suite('client proof', (test) => {
  test('secrets are random, of 128 bits; both ends make the same bond of them', () => {
    const [mine, theirs] = [secret(), secret()]
    assert.match(mine, /^[\w-]{22}$/)
    assert.is.not(mine, theirs)
    assert.is(bondOf(mine, theirs), bondOf(theirs, mine))
    assert.is.not(bondOf(mine, theirs), bondOf(mine, secret()))
  })

  test('a proof fits one bond, one sender and one recipient', async () => {
    assert.ok(canProve())
    const bond = bondOf(secret(), secret())
    const proof = await proofOf(bond, 'from', 'to')
    assert.match(proof, /^[\w-]{43}$/)
    assert.is(await proofOf(bond, 'from', 'to'), proof)
    const others = [
      [bond, 'to', 'from'],
      [bond, 'from', 'another'],
      [bondOf(secret(), secret()), 'from', 'to'],
    ] as const
    for (const [by, from, to] of others) assert.is.not(await proofOf(by, from, to), proof)
  })
})
