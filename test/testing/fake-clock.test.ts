import * as assert from 'uvu/assert'
import { FakeClock } from '../contract/index.js'
import { suite } from '../suite.js'

suite('testing/fake-clock', (test) => {
  test('stands still until it is advanced', () => {
    const clock = new FakeClock()
    assert.is(clock.now(), Date.UTC(2030, 0, 1))
    assert.is(clock.monotonic(), 0)
    clock.advance(1500)
    assert.is(clock.now(), Date.UTC(2030, 0, 1, 0, 0, 1, 500))
    assert.is(clock.monotonic(), 1500)
  })

  test('runs timers in order, each at its own moment', () => {
    const clock = new FakeClock()
    const ran: string[] = []
    const note = (name: string) => () => ran.push(`${name}@${clock.monotonic()}`)
    clock.after(30, note('late'))
    clock.after(10, note('first'))
    clock.after(10, note('second'))
    clock.every(20, note('tick'))
    clock.after(10, () => clock.after(5, note('nested')))
    clock.advance(45)
    assert.equal(ran, ['first@10', 'second@10', 'nested@15', 'tick@20', 'late@30', 'tick@40'])
    assert.is(clock.pending, 1)
  })

  test('forgets what is cancelled, from within a timer too', () => {
    const clock = new FakeClock()
    let ticks = 0
    const ticking = clock.every(10, () => {
      if (++ticks === 3) ticking.cancel()
    })
    clock.after(5, () => assert.unreachable()).cancel()
    clock.advance(1000)
    assert.is(ticks, 3)
    assert.is(clock.pending, 0)
  })
})
