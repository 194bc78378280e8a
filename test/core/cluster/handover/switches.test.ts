import * as assert from 'uvu/assert'
import { Switches } from '../../../../core/cluster/handover/switches.js'
import { FakeClock } from '../../../contract/fake-clock.js'
import { suite } from '../../../suite.js'
import { RecordedLink } from '../recorded-link.js'

const [a, b] = [new RecordedLink(), new RecordedLink()]

const setUp = () => {
  const clock = new FakeClock()
  const switches = new Switches(clock)
  const done: number[] = []
  let isTime = false
  const attempt = (move: number) => () => {
    if (isTime) done.push(move)
    return isTime
  }
  const begin = () => {
    isTime = true
  }
  return { clock, switches, done, attempt, begin }
}

suite('switches', (test) => {
  test('what can be done is done at once; the rest when it is asked for, once', () => {
    const { clock, switches, done, attempt, begin } = setUp()
    switches.add({ link: a, move: 1, attempt: attempt(1) })
    switches.attempt()
    assert.equal(done, [])
    begin()
    switches.add({ link: a, move: 2, attempt: attempt(2) })
    assert.equal(done, [2])
    switches.attempt()
    switches.attempt()
    assert.equal(done, [2, 1])
    clock.advance(1000)
    assert.is(clock.pending, 0)
  })

  test('it looks again by itself, for as long as anything waits', () => {
    const { clock, switches, done, attempt, begin } = setUp()
    switches.add({ link: a, move: 1, attempt: attempt(1) })
    clock.advance(200)
    begin()
    clock.advance(50)
    assert.equal([done, clock.pending], [[1], 0])
  })

  test('what was called off, or hung on a link that is lost, is not done', () => {
    const { clock, switches, done, attempt, begin } = setUp()
    for (const move of [1, 2, 3]) switches.add({ link: move === 3 ? b : a, move, attempt: attempt(move) })
    switches.cancel(a, 1)
    switches.cancel(b, 2)
    switches.down(b)
    begin()
    clock.advance(100)
    assert.equal(done, [2])
    switches.add({ link: a, move: 4, attempt: () => false })
    switches.stop()
    assert.is(clock.pending, 0)
  })
})
