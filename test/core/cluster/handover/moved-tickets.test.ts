import * as assert from 'uvu/assert'
import { MovedTickets } from '../../../../core/cluster/handover/moved-tickets.js'
import { FakeClock } from '../../../contract/fake-clock.js'
import { suite } from '../../../suite.js'

suite('moved-tickets', (test) => {
  test('where a session went is known for a while', () => {
    const clock = new FakeClock()
    const moved = new MovedTickets(clock, 1000)
    moved.note('one', 'node a')
    clock.advance(600)
    moved.note('two', 'node b')
    assert.equal([moved.find('one'), moved.find('two'), moved.find('three')], ['node a', 'node b', undefined])
    clock.advance(400)
    assert.equal([moved.find('one'), moved.find('two')], [undefined, 'node b'])
  })

  test('the last node counts, and the time begins anew; back home it is forgotten', () => {
    const clock = new FakeClock()
    const moved = new MovedTickets(clock, 1000)
    moved.note('one', 'node a')
    clock.advance(900)
    moved.note('one', 'node b')
    clock.advance(900)
    assert.is(moved.find('one'), 'node b')
    moved.forget('one')
    assert.is(moved.find('one'), undefined)
  })

  test('bounded: of too many the oldest are forgotten', () => {
    const moved = new MovedTickets(new FakeClock(), 1000)
    for (let i = 0; i <= 65_536; i++) moved.note(`${i}`, 'node a')
    assert.equal([moved.find('0'), moved.find('1'), moved.find('65536')], [undefined, 'node a', 'node a'])
  })
})
