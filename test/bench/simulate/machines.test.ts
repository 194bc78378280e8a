import * as assert from 'uvu/assert'
import { Machines } from '../../../bench/simulate/machines.js'
import { PLAN } from '../../../bench/simulate/plan.js'
import { suite } from '../../suite.js'

suite('bench/simulate/machines', (test) => {
  test('who is taken from the list is not picked any more, and comes back with nothing to do', () => {
    const machines = new Machines(3)
    machines.held.set([10, 20, 30])
    machines.report()
    assert.is(machines.all[2]!.load, 30 / PLAN.nodeCapacity)
    const before = machines.listed
    assert.is(machines.listed, before)
    machines.setListed([2], false)
    assert.equal(
      machines.listed.map(({ id }) => id),
      ['node-0', 'node-1'],
    )
    assert.is.not(machines.listed, before)
    machines.setListed([2], true)
    assert.is(machines.all[2]!.load, 0)
  })

  test('imbalance is of those who are listed', () => {
    const machines = new Machines(3)
    machines.held.set([10, 30, 500])
    machines.setListed([2], false)
    assert.is(machines.imbalance(), 0.5)
  })

  test('those who come at once wait for each other', () => {
    const machines = new Machines(1)
    assert.is(machines.serve(0, 1000), PLAN.joinCostMs)
    assert.is(machines.serve(0, 1000), 2 * PLAN.joinCostMs)
    assert.is(machines.serve(0, 2000), PLAN.joinCostMs)
  })
})
