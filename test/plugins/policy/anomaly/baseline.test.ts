import * as assert from 'uvu/assert'
import { Baseline, deviations } from '../../../../plugins/policy/anomaly/baseline.js'
import { suite } from '../../../suite.js'

const learnt = (baseline: Baseline, subject: number, windows: number, value: (i: number) => number) => {
  for (let i = 0; i < windows; i++) baseline.learn(subject, 0, value(i))
  return baseline.customary(subject, 0)
}

suite('policy/anomaly: baseline', (test) => {
  test('comes to what is usual, and to how much that varies', () => {
    const baseline = new Baseline(1)
    baseline.reset(0)
    const steady = learnt(baseline, 0, 200, () => 100)
    assert.ok(Math.abs(steady.middle - 100) < 2, `${steady.middle}`)
    const wild = learnt(baseline, 0, 200, (i) => (i % 2 ? 10 : 1000))
    assert.ok(wild.middle > 50 && wild.middle < 200, `${wild.middle}`)
    assert.ok(wild.deviation > 3 * steady.deviation)
    assert.ok(deviations(1000, steady) > 6 && deviations(1000, wild) < 2)
    assert.is(deviations(steady.middle, steady), 0)
  })

  test('one wild window hardly moves it, however wild', () => {
    const [usual, shaken] = [new Baseline(1), new Baseline(1)]
    for (const baseline of [usual, shaken]) {
      baseline.reset(0)
      learnt(baseline, 0, 100, () => 50)
    }
    shaken.learn(0, 0, 1e12)
    const before = usual.customary(0, 0).middle
    const after = shaken.customary(0, 0).middle
    assert.ok(after < 1.15 * before, `${before} → ${after}`)
  })

  test('a newcomer is judged by what everybody does', () => {
    const baseline = new Baseline(2)
    baseline.reset(0)
    learnt(baseline, 0, 1000, () => 400)
    baseline.reset(7)
    assert.ok(Math.abs(baseline.customary(7, 0).middle - 400) < 20)
    assert.is(baseline.customary(7, 1).middle, 0, 'another figure')
  })

  test('has room for everybody', () => {
    const baseline = new Baseline(11)
    for (const subject of [0, 100, 65_535]) {
      baseline.reset(subject)
      baseline.learn(subject, 10, 5)
      assert.ok(baseline.customary(subject, 10).middle > 0)
    }
  })
})
