import * as assert from 'uvu/assert'
import { StampExchange } from '../../../../core/cluster/presence/stamp-exchange.js'
import { Stamps } from '../../../../core/cluster/presence/stamps.js'
import { FakeClock } from '../../../contract/fake-clock.js'
import { suite } from '../../../suite.js'
import { FakeNetwork } from '../fake-network.js'

suite('stamp-exchange', (test) => {
  test('what one node has come to the others hear within half a second, and those who come later soon', async () => {
    const network = new FakeNetwork()
    const clock = new FakeClock()
    const make = (name: string) => {
      const stamps = new Stamps()
      return { stamps, exchange: new StampExchange(network.cluster(name), stamps, clock) }
    }
    const [a, b] = [make('a'), make('b')]
    a.stamps.hear(9)
    a.exchange.start()
    clock.advance(500)
    await network.settle()
    assert.is(b.stamps.next(), 10)
    const c = make('c')
    clock.advance(1500)
    await network.settle()
    assert.is(c.stamps.last, 0, 'nothing new is said again later')
    clock.advance(500)
    await network.settle()
    assert.is(c.stamps.last, 9)
    a.exchange.stop()
    assert.is(clock.pending, 0)
  })
})
