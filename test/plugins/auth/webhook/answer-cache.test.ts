import * as assert from 'uvu/assert'
import { AnswerCache } from '../../../../plugins/auth/webhook/answer-cache.js'
import { FakeClock } from '../../../contract/index.js'
import { suite } from '../../../suite.js'

suite('auth/webhook/answer-cache', (test) => {
  test('remembers for as long as it is told', () => {
    const clock = new FakeClock()
    const cache = new AnswerCache<string>(clock, 10)
    cache.set('a', 'yes', 1000)
    cache.set('b', 'never', 0)
    clock.advance(999)
    assert.equal([cache.get('a'), cache.get('b'), cache.get('c')], ['yes', undefined, undefined])
    clock.advance(1)
    assert.is(cache.get('a'), undefined)
  })

  test('the oldest make place; what is asked again is not older', () => {
    const cache = new AnswerCache<number>(new FakeClock(), 3)
    for (let i = 0; i < 3; i++) cache.set(`${i}`, i, 1000)
    cache.set('0', 10, 1000)
    cache.set('3', 3, 1000)
    assert.equal(
      ['0', '1', '2', '3'].map((key) => cache.get(key)),
      [10, undefined, 2, 3],
    )
    const none = new AnswerCache<number>(new FakeClock(), 0)
    none.set('a', 1, 1000)
    assert.is(none.get('a'), undefined)
  })
})
