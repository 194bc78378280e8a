import * as assert from 'uvu/assert'
import { readOrder, writeOrder } from '../../../../core/cluster/orders/order-records.js'
import { Orders } from '../../../../core/cluster/orders/orders.js'
import { BadRecord } from '../../../../core/cluster/wire/records.js'
import type { Authority } from '../../../../core/http/operations.js'
import { type Defer, suite } from '../../../suite.js'
import { linkTo, settle, type TestNode, World } from '../world.js'

interface Office {
  readonly node: TestNode
  readonly orders: Orders
  /** What was carried out here, in order. */
  readonly done: string[]
}

class Offices {
  readonly world = new World()
  readonly #defer: Defer

  constructor(defer: Defer) {
    this.#defer = defer
  }

  /** A node that ends `kicked` sessions with every order. */
  async open(name: string, kicked = 1): Promise<Office> {
    const node = await this.world.started({ name })
    const done: string[] = []
    const local: Authority = {
      kick(target, reason) {
        done.push(`kick ${JSON.stringify(target)}: ${reason}`)
        return { kicked }
      },
      revoke(principal, forMs, reason) {
        done.push(`revoke ${principal} for ${Math.round(forMs / 1000)} s: ${reason}`)
        return { kicked: forMs === 0 ? 0 : kicked }
      },
    }
    const orders = new Orders(node.cluster, local, this.world.clock)
    orders.start()
    this.#defer(() => orders.stop())
    await this.world.pass(100)
    return { node, orders, done }
  }
}

suite('core/cluster/orders', (test) => {
  test('a kick is carried out once on every node, and the sessions of all are counted', async (defer) => {
    const offices = new Offices(defer)
    const [one, two, three] = [
      await offices.open('one', 1),
      await offices.open('two', 2),
      await offices.open('three', 4),
    ]
    await offices.world.pass(1100)
    const done = one.orders.kick({ principal: 'ada' }, 'spam')
    await settle()
    assert.equal(await done, { kicked: 7 })
    await offices.world.pass(11_000)
    for (const { done: here } of [one, two, three]) assert.equal(here, ['kick {"principal":"ada"}: spam'])
    two.orders.kick({ peer: 'AbCdEfGhIjKlMn-_' }, 'x')
    await settle()
    for (const { done: here } of [one, two, three])
      assert.is(here.pop(), 'kick {"peer":"AbCdEfGhIjKlMn-_"}: x')
  })

  test('alone, an order is answered at once', async (defer) => {
    const offices = new Offices(defer)
    const one = await offices.open('one', 3)
    assert.equal(await one.orders.kick({ principal: 'ada' }, 'spam'), { kicked: 3 })
  })

  test('a node that does not answer in a second is named, and hears of it when it can', async (defer) => {
    const offices = new Offices(defer)
    const [one, two, three] = [
      await offices.open('one'),
      await offices.open('two'),
      await offices.open('three'),
    ]
    await offices.world.pass(1100)
    three.node.bus.isCut = true
    const done = one.orders.kick({ principal: 'ada' }, 'spam')
    await offices.world.pass(1000)
    assert.equal(await done, { kicked: 2, unheard: ['three'] })
    assert.equal([two.done.length, three.done.length], [1, 0])
    three.node.bus.isCut = false
    await offices.world.pass(2500)
    assert.is(three.done.length, 1)
  })

  test('a revocation reaches who was away and who comes later, with what is left of it', async (defer) => {
    const offices = new Offices(defer)
    const [one, two] = [await offices.open('one'), await offices.open('two')]
    two.node.bus.isCut = true
    await offices.world.pass(5000) // each takes the other for dead
    assert.equal(await one.orders.revoke('ada', 60_000, 'spam'), { kicked: 1 })
    two.node.bus.isCut = false
    await offices.world.pass(3000)
    assert.match(two.done.join(), /^revoke ada for 5[789] s: spam$/)
    await one.node.cluster.stop()
    await offices.world.pass(10_000)
    const three = await offices.open('three')
    await offices.world.pass(2000)
    assert.match(three.done.join(), /^revoke ada for 4[3-7] s: spam$/)
    await offices.world.pass(60_000)
    const four = await offices.open('four')
    await offices.world.pass(2000)
    assert.equal(four.done, [], 'what is over is over')
  })

  test('the last word about a principal counts, in whatever order words come', async (defer) => {
    const offices = new Offices(defer)
    const [one, two] = [await offices.open('one'), await offices.open('two')]
    await offices.world.pass(1100)
    const all = [one.orders.revoke('ada', 60_000, 'spam')]
    await settle()
    two.node.bus.isCut = true
    await offices.world.pass(5000)
    all.push(one.orders.revoke('ada', 0, 'sorry'))
    await Promise.all(all)
    two.node.bus.isCut = false
    await offices.world.pass(3000)
    assert.equal(two.done, ['revoke ada for 60 s: spam', 'revoke ada for 0 s: sorry'])
    assert.equal(one.done, two.done, 'what the other had is not revived')
    const three = await offices.open('three')
    await offices.world.pass(2000)
    assert.equal(three.done, ['revoke ada for 0 s: sorry'])
  })

  test('two words at the same time end the same way everywhere', async (defer) => {
    const offices = new Offices(defer)
    const [one, two] = [await offices.open('one'), await offices.open('two')]
    await offices.world.pass(1100)
    const all = [one.orders.revoke('ada', 60_000, 'from one'), two.orders.revoke('ada', 0, 'from two')]
    await settle()
    await Promise.all(all)
    assert.is(one.done.at(-1), two.done.at(-1))
  })

  test('every order comes back as it was, and what is cut or unknown is refused', () => {
    const id = 'AbCdEfGhIjKlMn-_'
    for (const order of [
      { type: 'kick', id, target: { peer: id }, reason: 'é' },
      { type: 'kick', id, target: { principal: 'ключ' }, reason: '' },
      { type: 'revoke', id, principal: 'ada', stamp: 2 ** 40, leftMs: 5, isLifted: false, reason: 'x' },
      { type: 'revoke', id, principal: 'ada', stamp: 1, leftMs: 0, isLifted: true, reason: 'x' },
    ] as const) {
      const whole = writeOrder(order)
      assert.equal(readOrder(whole), order)
      for (let length = 0; length < whole.length; length++) {
        assert.throws(
          () => readOrder(whole.subarray(0, length)),
          (error: unknown) => error instanceof BadRecord,
        )
      }
      const odd = Buffer.from(whole)
      odd[12] = 9
      assert.throws(() => readOrder(odd), /unknown kind 9/)
    }
  })

  test('a node that sends no order where one should be loses the link, and nothing is carried out', async (defer) => {
    const offices = new Offices(defer)
    const [one, two] = [await offices.open('one'), await offices.open('two')]
    await offices.world.pass(1100)
    linkTo(one.node, two.node)!.send(32, Buffer.from('nonsense'))
    await settle()
    assert.equal([two.node.stats.linksLost, two.done.length], [1, 0])
  })
})
