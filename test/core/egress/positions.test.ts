import * as assert from 'uvu/assert'
import { enlarged, NO_POSITIONS, positionOf, setPosition } from '../../../core/egress/positions.js'
import { suite } from '../../suite.js'

suite('positions', (test) => {
  test('a ring keeps the newest, and keeps them when it grows', () => {
    let ring = NO_POSITIONS
    for (let number = 1; number <= 100; number++) {
      if (number > ring.length) ring = enlarged(ring, 1, number - 1)
      setPosition(ring, number, number * 2 ** 40)
    }
    assert.is(ring.length, 128)
    for (let number = 1; number <= 100; number++) assert.is(positionOf(ring, number), number * 2 ** 40)
    setPosition(ring, 129, 7)
    assert.is(positionOf(ring, 1), 7)
  })

  test('it is as long as asked for, a power of two', () => {
    assert.is(enlarged(NO_POSITIONS, 1, 0).length, 8)
    assert.is(enlarged(NO_POSITIONS, 1, 0, 1000).length, 1024)
    assert.is(NO_POSITIONS.length, 0)
  })
})
