import * as assert from 'uvu/assert'
import { Unconfirmed } from '../../../../core/cluster/delivery/unconfirmed.js'
import { Dice } from '../../../dice.js'
import { suite } from '../../../suite.js'

suite('unconfirmed', (test) => {
  test('a message is done when every link that it went over has confirmed it', () => {
    const messages = new Unconfirmed()
    for (const id of [3, 3, 5]) messages.add(id)
    assert.equal([messages.isEmpty, messages.oldest], [false, 3])
    assert.equal([messages.confirm(5), messages.oldest], [false, 3], 'it waits behind the older one')
    assert.equal([messages.confirm(3), messages.oldest], [false, 3])
    assert.equal([messages.confirm(3), messages.isEmpty], [true, true])
    assert.is(messages.confirm(3), false, 'what is done is done')
    messages.add(6)
    assert.is(messages.oldest, 6)
  })

  test('however links confirm, the oldest is the lowest that one of them lacks', () => {
    const dice = new Dice(5)
    const messages = new Unconfirmed()
    /** By link: the ids that it hasn't confirmed, in order. */
    const links: number[][] = [[], [], []]
    let id = 0
    for (let step = 0; step < 30_000; step++) {
      const link = dice.pick(links)
      const isFilling = step % 9000 < 5000
      if (dice.roll(10) < (isFilling ? 6 : 3)) {
        id++
        for (const one of links) {
          if (dice.roll(2) === 0) continue
          one.push(id)
          messages.add(id)
        }
      } else if (link.length > 0) {
        messages.confirm(link.shift()!)
      }
      const oldest = Math.min(...links.map(([first = Number.POSITIVE_INFINITY]) => first))
      assert.is(messages.isEmpty ? Number.POSITIVE_INFINITY : messages.oldest, oldest)
    }
  })
})
