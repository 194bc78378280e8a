import * as assert from 'uvu/assert'
import { CircuitBreaker } from '../../../../plugins/auth/webhook/circuit-breaker.js'
import { FakeClock } from '../../../contract/index.js'
import { suite } from '../../../suite.js'

suite('auth/webhook/circuit-breaker', (test) => {
  const setUp = () => {
    const clock = new FakeClock()
    return { clock, breaker: new CircuitBreaker(clock, { failures: 3, pauseMs: 1000 }) }
  }

  test('opens after so many failures in a row, not before', () => {
    const { breaker } = setUp()
    for (const outcome of ['failed', 'failed', 'succeeded', 'failed', 'failed'] as const) {
      assert.ok(breaker.admits())
      breaker[outcome]()
      assert.is(breaker.state, 'closed')
    }
    assert.ok(breaker.failed())
    assert.is(breaker.state, 'open')
    assert.not(breaker.admits())
  })

  test('after the pause one tries; a success closes it, a failure opens it again', () => {
    const { clock, breaker } = setUp()
    for (let i = 0; i < 3; i++) breaker.failed()
    clock.advance(999)
    assert.not(breaker.admits())
    clock.advance(1)
    assert.is(breaker.state, 'half-open')
    assert.ok(breaker.admits())
    assert.not(breaker.admits(), 'one at a time')
    assert.ok(breaker.failed())
    assert.not(breaker.admits())
    clock.advance(1000)
    assert.ok(breaker.admits())
    breaker.succeeded()
    assert.is(breaker.state, 'closed')
    assert.ok(breaker.admits() && breaker.admits())
  })
})
