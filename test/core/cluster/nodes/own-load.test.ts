import * as assert from 'uvu/assert'
import type { NodeLoad } from '../../../../core/cluster/cluster.js'
import { OwnLoad } from '../../../../core/cluster/nodes/own-load.js'
import { FakeClock } from '../../../contract/index.js'
import { suite } from '../../../suite.js'

suite('core/cluster/own-load', (test) => {
  test('tells each second how busy the process was, and a drain at once', () => {
    const clock = new FakeClock()
    const told: NodeLoad[] = []
    let peers = 3
    const own = new OwnLoad({ report: (load) => told.push(load) }, clock, () => peers)
    own.start()
    assert.equal(told, [])
    clock.advance(1000)
    peers = 4
    own.drain()
    clock.advance(1000)
    assert.equal(
      told.map(({ draining, peers: count }) => [count, draining]),
      [
        [3, false],
        [4, true],
        [4, true],
      ],
    )
    for (const { load } of told) assert.ok(load >= 0 && load <= 1, `${load}`)
    own.stop()
    assert.is(clock.pending, 0)
  })
})
