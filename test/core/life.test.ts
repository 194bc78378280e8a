import * as assert from 'uvu/assert'
import { configError } from '../../core/config/config-error.js'
import { Life } from '../../core/life.js'
import type { Lifecycle } from '../../core/plugin.js'
import { FakeClock } from '../contract/fake-clock.js'
import { rejection } from '../rejection.js'
import { suite } from '../suite.js'

/** A unit that writes down what happens to it. */
const recorded = (log: string[], name: string, more: Lifecycle = {}): Lifecycle => ({
  start() {
    log.push(`+${name}`)
    return more.start?.()
  },
  stop() {
    log.push(`-${name}`)
    return more.stop?.()
  },
})

suite('life', (test) => {
  test('starts one after the other and stops in exact reverse', async () => {
    const log: string[] = []
    const life = new Life(new FakeClock(), 1000)
    const slow = { start: () => new Promise<void>((resolve) => setTimeout(resolve, 5)) }
    await life.start('a', recorded(log, 'a', slow))
    await life.start('b', recorded(log, 'b'))
    await life.start('c', recorded(log, 'c'))
    await life.stop()
    assert.equal(log, ['+a', '+b', '+c', '-c', '-b', '-a'])
  })

  test('units without start or stop are fine, and a second stop finds nothing', async () => {
    const log: string[] = []
    const life = new Life(new FakeClock(), 1000)
    await life.start('empty', {})
    await life.start('a', recorded(log, 'a'))
    await life.stop()
    await life.stop()
    assert.equal(log, ['+a', '-a'])
  })

  test('a start that fails names the unit and keeps the cause; the unit is stopped all the same', async () => {
    const log: string[] = []
    const life = new Life(new FakeClock(), 1000)
    const cause = new Error('no route\nto host')
    await life.start('a', recorded(log, 'a'))
    const failing = recorded(log, 'b', { start: () => Promise.reject(cause) })
    const error = await rejection(life.start('bus/b', failing))
    assert.is(error.message, 'bus/b: start: no route')
    assert.is(error.cause, cause)
    await life.stop()
    assert.equal(log, ['+a', '+b', '-b', '-a'])
  })

  test('a start that throws at once is a rejection too', async () => {
    const life = new Life(new FakeClock(), 1000)
    const error = await rejection(
      life.start('auth/x', {
        start() {
          throw new Error('broken')
        },
      }),
    )
    assert.is(error.message, 'auth/x: start: broken')
  })

  test('a config error stays one, so that the command line can tell it from a mistake of ours', async () => {
    const life = new Life(new FakeClock(), 1000)
    const wrong = configError('listen', 'is taken')
    assert.is(await rejection(life.start('front door', { start: () => Promise.reject(wrong) })), wrong)
  })

  test('time-outs name the unit, the step and the limit', async () => {
    const clock = new FakeClock()
    const life = new Life(clock, 1000)
    const never = () => new Promise<void>(() => {})
    const starting = rejection(life.start('bus/slow', { start: never, stop: never }))
    clock.advance(1000)
    assert.is((await starting).message, 'bus/slow: start: not done within 1000 ms (limits.pluginMs)')
    const stopping = rejection(life.stop())
    clock.advance(1000)
    assert.is((await stopping).message, 'bus/slow: stop: not done within 1000 ms (limits.pluginMs)')
    assert.is(clock.pending, 0)
  })

  test('stop goes on after an error, then throws all of them', async () => {
    const log: string[] = []
    const life = new Life(new FakeClock(), 1000)
    const fail = (why: string) => ({ stop: () => Promise.reject(new Error(why)) })
    await life.start('a', recorded(log, 'a', fail('first')))
    await life.start('b', recorded(log, 'b'))
    await life.start('c', recorded(log, 'c', fail('last')))
    const error = await rejection<AggregateError>(life.stop())
    assert.equal(log.slice(3), ['-c', '-b', '-a'])
    assert.is(error.message, 'c: stop: last; a: stop: first')
    assert.is(error.errors.length, 2)
  })
})
