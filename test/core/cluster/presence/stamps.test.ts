import * as assert from 'uvu/assert'
import { isLater, Stamps } from '../../../../core/cluster/presence/stamps.js'
import { suite } from '../../../suite.js'

suite('stamps', (test) => {
  test('what happens after something was heard of has a higher stamp', () => {
    const stamps = new Stamps()
    assert.equal([stamps.next(), stamps.next()], [1, 2])
    stamps.hear(40)
    stamps.hear(7)
    assert.equal([stamps.last, stamps.next(), stamps.last], [40, 41, 41])
  })

  test('a stamp that is out of all measure leaves the counter where six bytes can hold it', () => {
    const stamps = new Stamps()
    stamps.hear(2 ** 48 - 1)
    assert.equal([stamps.next(), stamps.next()], [2 ** 48 - 1, 2 ** 48 - 1])
  })

  test('of two one is later: by stamp, then by id', () => {
    const [a1, b1, a2] = [
      { stamp: 1, id: 'a' },
      { stamp: 1, id: 'b' },
      { stamp: 2, id: 'a' },
    ]
    assert.equal([isLater(a2, b1), isLater(b1, a2)], [true, false])
    assert.equal([isLater(a1, b1), isLater(b1, a1)], [false, true])
    assert.is(isLater(a1, a1), false)
  })
})
