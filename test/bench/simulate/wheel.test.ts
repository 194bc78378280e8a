import * as assert from 'uvu/assert'
import { Wheel } from '../../../bench/simulate/wheel.js'
import { suite } from '../../suite.js'

const due = (wheel: Wheel, tick: number): number[] => {
  const peers: number[] = []
  for (let peer = wheel.take(tick); peer >= 0; peer = wheel.take(tick)) peers.push(peer)
  return peers.sort()
}

suite('bench/simulate/wheel', (test) => {
  test('everybody is due once, at their tick', () => {
    const wheel = new Wheel(5, 100)
    for (const [peer, at] of [15, 19, 20, 0, 99].entries()) wheel.schedule(peer, at)
    assert.is(wheel.ticks, 10)
    assert.equal(
      Array.from({ length: 10 }, (_, tick) => due(wheel, tick)),
      [[3], [0, 1], [2], [], [], [], [], [], [], [4]],
    )
    assert.equal(due(wheel, 1), [])
  })

  test('a new event takes the place of the old one; the middle, the head and the last can go', () => {
    const wheel = new Wheel(4, 100)
    for (let peer = 0; peer < 4; peer++) wheel.schedule(peer, 10)
    wheel.cancel(2)
    wheel.schedule(3, 50)
    wheel.schedule(0, 50)
    assert.equal(due(wheel, 1), [1])
    assert.equal(due(wheel, 5), [0, 3])
    wheel.cancel(2)
    assert.equal(due(wheel, 1), [])
  })

  test('what is due after the end never comes', () => {
    const wheel = new Wheel(1, 100)
    wheel.schedule(0, 10)
    wheel.schedule(0, 100)
    assert.equal(due(wheel, 1), [])
  })

  test('what is scheduled while its tick is taken out is taken out too', () => {
    const wheel = new Wheel(2, 100)
    wheel.schedule(0, 10)
    assert.is(wheel.take(1), 0)
    wheel.schedule(1, 12)
    assert.equal(due(wheel, 1), [1])
  })
})
