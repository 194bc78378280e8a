import * as assert from 'uvu/assert'
import local from '../../../plugins/bus/local.js'
import { busContract, construct } from '../../contract/index.js'
import { rejection } from '../../rejection.js'
import { type Defer, suite } from '../../suite.js'

let exchanges = 0
/** One that no other test knows. */
const newExchange = () => `bus/local test ${++exchanges}`

const started = async (defer: Defer, exchange: string) => {
  const bus = construct(local, { exchange })
  defer(() => bus.stop?.())
  await bus.start?.()
  return bus
}
const bytes = Uint8Array.of(1, 2, 3)

suite('bus/local', (test) => {
  const contract = newExchange()
  for (const { name, run } of busContract({ make: () => construct(local, { exchange: contract }) }))
    test(name, run)

  test('without an exchange it is alone, and says so', async (defer) => {
    const [a, b] = [construct(local), construct(local)]
    defer(() => [a, b].map((bus) => bus.stop?.()))
    for (const bus of [a, b]) await bus.start?.()
    assert.equal([a.state, a.solitary], ['up', true])
    let heard = 0
    await b.subscribe('room', () => heard++)
    await a.publish('room', bytes)
    await new Promise((resolve) => setImmediate(resolve))
    assert.is(heard, 0)
    const together = construct(local, { exchange: newExchange() })
    assert.is(together.solitary, false)
  })

  test('refuses what is no topic', async (defer) => {
    const bus = await started(defer, newExchange())
    for (const topic of ['', 'a.*', 'a..b', 'x'.repeat(121)]) {
      assert.match((await rejection(bus.publish(topic, bytes))).message, /^a topic is words/)
      assert.match((await rejection(bus.subscribe(topic, () => {}))).message, /^a topic is words/)
    }
  })

  test('keeps exchanges apart', async (defer) => {
    const exchange = newExchange()
    const [a, b] = [await started(defer, exchange), await started(defer, exchange)]
    const elsewhere = await started(defer, newExchange())
    const heard: string[] = []
    await b.subscribe('room', () => heard.push('b'))
    await elsewhere.subscribe('room', () => heard.push('elsewhere'))
    await a.publish('room', bytes)
    await Promise.resolve()
    assert.equal(heard, ['b'])
  })

  test('delivers in a microtask: before timers, after the caller', async (defer) => {
    const exchange = newExchange()
    const [a, b] = [await started(defer, exchange), await started(defer, exchange)]
    const order: string[] = []
    await b.subscribe('room', () => order.push('received'))
    const timer = setImmediate(() => order.push('later'))
    defer(() => clearImmediate(timer))
    void a.publish('room', bytes)
    order.push('published')
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(order, ['published', 'received', 'later'])
  })

  test('drops what was on its way to a receiver that left', async (defer) => {
    const exchange = newExchange()
    const [a, b] = [await started(defer, exchange), await started(defer, exchange)]
    let heard = 0
    await b.subscribe('room', () => heard++)
    const published = a.publish('room', bytes)
    await Promise.all([b.unsubscribe('room'), published])
    assert.is(heard, 0)
  })

  test('starts again where it stopped', async (defer) => {
    const exchange = newExchange()
    const [a, b] = [await started(defer, exchange), await started(defer, exchange)]
    await b.stop?.()
    await b.start?.()
    let heard = 0
    await b.subscribe('room', () => heard++)
    await a.publish('room', bytes)
    await Promise.resolve()
    assert.is(heard, 1)
  })
})
