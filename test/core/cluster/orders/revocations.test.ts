import * as assert from 'uvu/assert'
import { Revocations } from '../../../../core/cluster/orders/revocations.js'
import { FakeClock } from '../../../contract/index.js'
import { suite } from '../../../suite.js'

const word = (principal: string, stamp: number, leftMs = 1000, id = 'a') =>
  ({ type: 'revoke', id, principal, stamp, leftMs, isLifted: false, reason: 'x' }) as const

suite('core/cluster/revocations', (test) => {
  test('the later word counts, of two at once that of the larger id, and none counts twice', () => {
    const revocations = new Revocations(new FakeClock())
    assert.ok(revocations.learn(word('ada', 5)))
    assert.not.ok(revocations.learn(word('ada', 5)))
    assert.not.ok(revocations.learn(word('ada', 4, 9000, 'z')))
    assert.ok(revocations.learn(word('ada', 5, 1000, 'b')))
    assert.is(revocations.nextStamp(), 6)
    assert.ok(revocations.learn(word('ada', revocations.nextStamp())))
  })

  test('gives what is left of each, and forgets what is over', () => {
    const clock = new FakeClock()
    const revocations = new Revocations(clock)
    revocations.learn(word('ada', 1, 1000))
    revocations.learn(word('bob', 2, 3000))
    clock.advance(999)
    assert.equal(
      [...revocations.held()].map(({ principal, leftMs }) => [principal, leftMs]),
      [
        ['ada', 1],
        ['bob', 2001],
      ],
    )
    clock.advance(1)
    assert.equal(
      [revocations.leftMs('ada'), revocations.leftMs('bob'), revocations.leftMs('eve')],
      [0, 2000, 0],
    )
    revocations.forget()
    assert.equal(
      [...revocations.held()].map(({ principal }) => principal),
      ['bob'],
    )
    assert.ok(revocations.learn(word('ada', 1)), 'it is forgotten')
  })

  test('a flood is bounded: the oldest go', () => {
    const revocations = new Revocations(new FakeClock())
    for (let i = 0; i < 65_537; i++) revocations.learn(word(`p${i}`, i))
    assert.is([...revocations.held()].length, 65_536)
    assert.is(revocations.leftMs('p0'), 0)
  })
})
