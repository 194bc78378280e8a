import * as assert from 'uvu/assert'
import { sleeplessNow, systemClock } from '../../client/clock.js'
import { suite } from '../suite.js'

suite('client clock', (test) => {
  test('goes on while the machine sleeps, and never back', () => {
    const time = { stopwatch: 100, calendar: 1_000_000 }
    const now = sleeplessNow(
      () => time.stopwatch,
      () => time.calendar,
    )
    assert.is(now(), 100)
    time.stopwatch += 5_000
    time.calendar += 5_400
    assert.is(now(), 5_100, 'a calendar that is a bit ahead is no sleep')
    time.calendar += 60_000
    assert.is(now(), 65_500, 'the stopwatch stood still')
    time.stopwatch += 10
    time.calendar += 10 - 3_600_000
    assert.is(now(), 65_510, 'the calendar was set back')
    time.stopwatch += 10
    time.calendar += 7_200_000
    assert.is(now(), 7_265_510, 'ahead again counts: better a connection too many than a dead one')
  })

  test('the one of the system counts milliseconds', () => {
    const before = systemClock.now()
    assert.ok(systemClock.now() >= before)
    const dice = systemClock.random()
    assert.ok(dice >= 0 && dice < 1)
  })
})
