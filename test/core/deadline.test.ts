import * as assert from 'uvu/assert'
import { withDeadline } from '../../core/deadline.js'
import { FakeClock } from '../contract/fake-clock.js'
import { rejection } from '../rejection.js'
import { suite } from '../suite.js'

const late = () => new Error('late')

suite('deadline', (test) => {
  test('passes on what the work came to, and leaves no timer behind', async () => {
    const clock = new FakeClock()
    assert.is(await withDeadline(clock, 100, Promise.resolve(7), late), 7)
    assert.is(clock.pending, 0)
    const failed = await rejection(withDeadline(clock, 100, Promise.reject(new Error('broken')), late))
    assert.is(failed.message, 'broken')
    assert.is(clock.pending, 0)
  })

  test('rejects at the deadline, not before', async () => {
    const clock = new FakeClock()
    let settled = false
    const bounded = rejection(withDeadline(clock, 100, new Promise(() => {}), late)).finally(() => {
      settled = true
    })
    clock.advance(99)
    await new Promise(setImmediate)
    assert.not(settled)
    clock.advance(1)
    assert.is((await bounded).message, 'late')
    assert.is(clock.pending, 0)
  })

  test('work that fails after its deadline troubles nobody', async () => {
    const clock = new FakeClock()
    let fail = (_: Error) => {}
    const work = new Promise<never>((_, reject) => {
      fail = reject
    })
    const bounded = rejection(withDeadline(clock, 100, work, late))
    clock.advance(100)
    assert.is((await bounded).message, 'late')
    fail(new Error('too late to matter')) // an unhandled rejection would end the run
    await new Promise(setImmediate)
  })
})
