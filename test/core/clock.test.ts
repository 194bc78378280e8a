import * as assert from 'uvu/assert'
import { systemClock } from '../../core/clock.js'
import { suite } from '../suite.js'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

suite('clock', (test) => {
  test('now is the date, monotonic never goes back', async () => {
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000)
    const before = systemClock.monotonic()
    await sleep(5)
    const between = systemClock.monotonic() - before
    assert.ok(between > 3 && between < 5000, `${between} ms`)
  })

  test('after runs once, and not at all when cancelled', async () => {
    let runs = 0
    systemClock.after(5, () => runs++)
    systemClock.after(5, () => runs++).cancel()
    await sleep(60)
    assert.is(runs, 1)
  })

  test('every runs again and again until cancelled', async () => {
    let runs = 0
    await new Promise<void>((resolve) => {
      const timer = systemClock.every(2, () => {
        if (++runs < 3) return
        timer.cancel()
        resolve()
      })
    })
    await sleep(30)
    assert.is(runs, 3)
  })

  test('every does not keep the process alive, after does', () => {
    const count = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = count()
    const every = systemClock.every(60_000, () => {})
    assert.is(count(), before)
    const after = systemClock.after(60_000, () => {})
    assert.is(count(), before + 1)
    every.cancel()
    after.cancel()
    assert.is(count(), before)
  })
})
