import * as assert from 'uvu/assert'
import { machineTimes, othersShare, reservation, watchOthers } from '../../../bench/load/others.js'
import { suite } from '../../suite.js'

/** user nice system idle iowait irq softirq steal guest guest_nice */
const stat = (...sum: number[]) => `cpu  ${sum.join(' ')}\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5 6\nctxt 7\n`

suite('bench/load/others', (test) => {
  test('reads what the system says: guests are in user already, interrupts are nobody', () => {
    const times = machineTimes(stat(100, 10, 50, 800, 5, 3, 20, 7, 60, 1))!
    assert.equal(times, { busy: 167, total: 995, cores: 2 })
  })

  test('a quiet machine, and one with a neighbour', () => {
    const before = machineTimes(stat(0, 0, 0, 0, 0, 0, 0, 0))!
    // One second on two cores: server 90, client 50 ticks; 60 idle.
    const quiet = machineTimes(stat(100, 0, 40, 60, 0, 0, 0, 0))!
    assert.ok(Math.abs(othersShare(before, quiet, 1.4)) < 1e-9)
    const shared = machineTimes(stat(140, 0, 60, 0, 0, 0, 0, 0))!
    assert.ok(Math.abs(othersShare(before, shared, 1.4) - 0.6) < 1e-9)
  })

  test('never more than the cores there are, however late somebody looked', () => {
    const before = machineTimes(stat(1000, 0, 1000, 9000, 0, 0, 0, 0))!
    for (const ticks of [2, 20, 200, 2000, 20_000]) {
      const after = machineTimes(stat(1000 + ticks, 0, 1000, 9000, 0, 0, 0, 0))!
      assert.is(othersShare(before, after, 0), 2)
      assert.is(othersShare(before, after, 3), 0)
    }
    assert.is(othersShare(before, before, 0), 0, 'no time has passed')
  })

  test('of this machine: between nothing and all of it', () => {
    const share = watchOthers()
    const until = performance.now() + 30
    while (performance.now() < until);
    const seen = share()
    if (process.platform !== 'linux') assert.is(seen, undefined)
    else assert.ok(seen! >= 0 && seen! <= machineTimes()!.cores)
  })

  test('a tenth of a core is worth a note', () => {
    assert.is(reservation(undefined), undefined)
    assert.is(reservation(0.1), undefined)
    assert.is(reservation(0.37), 'other processes took 37 % of a core')
  })
})
