import * as assert from 'uvu/assert'
import type { Engine } from '../../../core/engine/engine.js'
import { ERRORS } from '../../../core/errors.js'
import { KINDS } from '../../../core/protocol.js'
import { suite } from '../../suite.js'
import { compare, shrink } from './compare.js'
import { differential } from './differential.js'
import { Oracle } from './oracle.js'
import { populate } from './world.js'

const CASES = 150_000

suite('engines are equal', (test) => {
  test(`wasm with and without SIMD, js and the oracle agree on ${CASES} messages`, () => {
    const { cases, failure, verdicts } = differential(CASES, 20_260)
    assert.is(failure, undefined, failure)
    assert.is(cases, CASES)
    // The messages must be such that every verdict is reached, or agreement says little.
    const all = [...Object.values(KINDS), ...Object.values(ERRORS).flatMap(({ verdict }) => verdict ?? [])]
    const missing = all.filter((verdict) => !verdicts.has(verdict))
    assert.equal(missing, [])
  }, 120_000)

  test('the same seed gives the same messages', () => {
    assert.equal(differential(5000, 7), differential(5000, 7))
  })

  test('a difference is noticed, and its message made small', () => {
    class Deaf extends Oracle {
      override ingest(sender: number, message: Uint8Array): number {
        const verdict = super.ingest(sender, message)
        return Buffer.from(message).includes('zzz') ? -3 : verdict
      }
    }
    const engines = new Map<string, Omit<Engine, 'name'>>([
      ['right', new Oracle()],
      ['wrong', new Deaf()],
    ])
    for (const engine of engines.values()) populate(engine)
    const message = Buffer.from('{"type":"publish","room":"lobby","data":[1,2,{"a":"zzz"}],"id":77}')
    assert.is(compare(engines, 0, Buffer.from('{"type":"bye"}')).difference, undefined)
    assert.match(compare(engines, 0, message).difference!, /wrong +-3/)
    const smallest = Buffer.from(shrink(engines, 0, message))
    assert.ok(smallest.length < 0.6 * message.length, smallest.toString())
    assert.is.not(compare(engines, 0, smallest).difference, undefined)
  })
})
