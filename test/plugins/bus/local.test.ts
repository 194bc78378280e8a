import * as assert from 'uvu/assert'
import local from '../../../plugins/bus/local.js'
import { busContract, construct } from '../../contract/index.js'
import { type Defer, suite } from '../../suite.js'

const started = async (defer: Defer, exchange?: string) => {
  const bus = construct(local, exchange === undefined ? {} : { exchange })
  defer(() => bus.stop?.())
  await bus.start?.()
  return bus
}
const bytes = Uint8Array.of(1, 2, 3)

suite('bus/local', (test) => {
  for (const { name, run } of busContract({ make: () => construct(local) })) test(name, run)

  test('keeps exchanges apart', async (defer) => {
    const [a, b, elsewhere] = [
      await started(defer, 'x'),
      await started(defer, 'x'),
      await started(defer, 'y'),
    ]
    const heard: string[] = []
    await b.subscribe('room', () => heard.push('b'))
    await elsewhere.subscribe('room', () => heard.push('elsewhere'))
    await a.publish('room', bytes)
    await Promise.resolve()
    assert.equal(heard, ['b'])
  })

  test('delivers in a microtask: before timers, after the caller', async (defer) => {
    const [a, b] = [await started(defer), await started(defer)]
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
    const [a, b] = [await started(defer), await started(defer)]
    let heard = 0
    await b.subscribe('room', () => heard++)
    const published = a.publish('room', bytes)
    await Promise.all([b.unsubscribe('room'), published])
    assert.is(heard, 0)
  })

  test('starts again where it stopped', async (defer) => {
    const [a, b] = [await started(defer), await started(defer)]
    await b.stop?.()
    await b.start?.()
    let heard = 0
    await b.subscribe('room', () => heard++)
    await a.publish('room', bytes)
    await Promise.resolve()
    assert.is(heard, 1)
  })
})
