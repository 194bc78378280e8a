import * as assert from 'uvu/assert'
import { Random } from '../../../bench/random.js'
import { people } from '../../../bench/simulate/people.js'
import { PLAN } from '../../../bench/simulate/plan.js'
import { PEOPLE, REGION_NAMES, ROUND_TRIP_MS } from '../../../bench/simulate/regions.js'
import { suite } from '../../suite.js'

suite('bench/simulate/people', (test) => {
  test('most live where their room belongs, the rest anywhere', () => {
    const all = people(20_000, new Random(2))
    let athome = 0
    all.roomOf.forEach((room, peer) => {
      if (all.homeOf[room] === all.regionOf[peer]) athome++
    })
    const share = athome / 20_000
    assert.ok(share > PLAN.atHome && share < PLAN.atHome + 0.05, `${share}`)
  })

  test('no room is much larger than the limit', () => {
    const all = people(200_000, new Random(3))
    const members = new Int32Array(all.rooms)
    for (const room of all.roomOf) members[room]!++
    assert.ok(Math.max(...members.subarray(0, 100)) < 1.05 * PLAN.largestRoom)
  })

  test('the table of regions is whole: a row and a column for each, people sum to one', () => {
    assert.is(PEOPLE.length, REGION_NAMES.length)
    assert.ok(Math.abs(PEOPLE.reduce((sum, share) => sum + share) - 1) < 1e-9)
    ROUND_TRIP_MS.forEach((row, from) => {
      assert.is(row.length, REGION_NAMES.length)
      row.forEach((ms, to) => {
        assert.ok(ms > 0 && (from === to) === (ms === 1), `${from} ${to}`)
        assert.ok(
          Math.abs(ms - ROUND_TRIP_MS[to]![from]!) < 15,
          'there and back takes as long as back and there',
        )
      })
    })
    assert.is(ROUND_TRIP_MS.length, REGION_NAMES.length)
  })
})
