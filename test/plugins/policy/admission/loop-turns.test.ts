import * as assert from 'uvu/assert'
import { systemClock } from '../../../../core/clock.js'
import { LoopTurns, PROBE_MS } from '../../../../plugins/policy/admission/loop-turns.js'
import { FakeClock } from '../../../contract/fake-clock.js'
import { until } from '../../../live-server.js'
import { suite } from '../../../suite.js'

const immediate = () => new Promise((resolve) => setImmediate(resolve))

suite('policy/admission/loop-turns', (test) => {
  test('the median of the last five turns: one long one is outvoted, three are not', async (defer) => {
    const clock = new FakeClock()
    let measured = 0
    const turns = new LoopTurns(clock, () => void measured++)
    turns.start()
    defer(() => turns.stop())
    const turn = async (ms: number) => {
      clock.advance(PROBE_MS)
      await immediate()
      clock.advance(ms)
      await immediate()
    }
    assert.is(turns.medianMs, 0)
    for (const ms of [3, 3, 3, 3, 3]) await turn(ms)
    assert.equal([turns.medianMs, measured], [3, 5])
    await turn(15)
    assert.is(turns.medianMs, 3)
    await turn(15)
    await turn(14)
    assert.is(turns.medianMs, 14)
  })

  test('what is done in a turn counts, and sleeping does not', async (defer) => {
    const turns = new LoopTurns(systemClock, () => {})
    turns.start()
    defer(() => turns.stop())
    let isBusy = true
    const work = () => {
      const end = performance.now() + 12
      while (performance.now() < end);
      if (isBusy) setImmediate(work)
    }
    work()
    await until(() => turns.medianMs >= 11, 'long turns to be noticed')
    isBusy = false
    await until(() => turns.medianMs < 6, 'an idle loop to be noticed')
  })

  test('stopped, it says nothing any more, also of a turn that had begun', async () => {
    const clock = new FakeClock()
    let measured = 0
    const turns = new LoopTurns(clock, () => void measured++)
    turns.start()
    clock.advance(PROBE_MS)
    turns.stop()
    await immediate()
    await immediate()
    assert.equal([measured, clock.pending], [0, 0])
  })
})
