import assert from 'node:assert/strict'
import type { Bus } from '../../core/contracts/bus.js'
import type { Lifecycle } from '../../core/plugin.js'
import { type ContractCase, contractCase, until } from './contract-case.js'
import { type LifecycleHarness, lifecycleContract } from './lifecycle.js'

export interface BusHarness extends LifecycleHarness {
  /** One more node on the same bus, not started. */
  make(): Bus & Lifecycle
}

interface Heard {
  readonly text: string
  readonly sender: string
}

/** Names of rooms become topics, and people name rooms as they like. */
const TOPICS = ['room', 'a.b', 'a.*', '>', 'with space', 'ключ🔑', 'x'.repeat(128)]
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The contract of buses: core/contracts/bus.ts. */
export function busContract(harness: BusHarness): ContractCase[] {
  const started = async (defer: (cleanUp: () => unknown) => void): Promise<Bus & Lifecycle> => {
    const bus = harness.make()
    defer(() => bus.stop?.())
    await bus.start?.()
    return bus
  }
  /** Subscribes; the array fills with what is heard. */
  const listen = async (bus: Bus, topic: string): Promise<Heard[]> => {
    const heard: Heard[] = []
    await bus.subscribe(topic, (message, sender) => {
      heard.push({ text: new TextDecoder().decode(message), sender })
    })
    return heard
  }
  const texts = (heard: Heard[]): string[] => heard.map(({ text }) => text)
  /** A message from `bus` overtakes none before it: once it arrived, so has everything that was going to. */
  const settle = async (bus: Bus, topic: string, heard: Heard[]): Promise<void> => {
    await bus.publish(topic, bytes('last'))
    await until(() => heard.some(({ text }) => text === 'last'), 'the last message')
  }

  return [
    contractCase('is up while it runs', async (defer) => {
      assert.equal((await started(defer)).state, 'up')
    }),

    contractCase('brings a message to every other node that subscribed', async (defer) => {
      const [a, b, c] = [await started(defer), await started(defer), await started(defer)]
      const [atB, atC] = [await listen(b, 'room'), await listen(c, 'room')]
      const long = 'x'.repeat(70_000)
      await a.publish('room', bytes(long))
      await a.publish('room', bytes(''))
      await until(() => atB.length === 2 && atC.length === 2, 'two messages at two nodes')
      assert.deepEqual(texts(atB), [long, ''])
      assert.deepEqual(texts(atC), [long, ''])
      assert.ok(atB[0]!.sender.length > 0 && atB[0]!.sender === atC[0]!.sender, 'a sender has one name')
    }),

    contractCase('never brings a message back to its sender', async (defer) => {
      const [a, b] = [await started(defer), await started(defer)]
      const [atA, atB] = [await listen(a, 'room'), await listen(b, 'room')]
      await a.publish('room', bytes('one'))
      await settle(a, 'room', atB)
      await b.publish('room', bytes('from b'))
      await until(() => atA.length > 0, "b's message at a")
      assert.deepEqual(texts(atA), ['from b'])
    }),

    contractCase('keeps the order of each sender', async (defer) => {
      const [a, b, c] = [await started(defer), await started(defer), await started(defer)]
      const heard = await listen(c, 'room')
      const sent = Array.from({ length: 200 }, (_, i) => i)
      for (const i of sent) {
        void a.publish('room', bytes(`a${i}`))
        void b.publish('room', bytes(`b${i}`))
      }
      await until(() => heard.length >= 400, '400 messages')
      const ofSender = (name: string) => texts(heard).filter((text) => text.startsWith(name))
      for (const name of ['a', 'b'])
        assert.deepEqual(
          ofSender(name),
          sent.map((i) => name + i),
        )
      assert.equal(new Set(heard.map(({ sender }) => sender)).size, 2)
    }),

    contractCase('keeps topics apart, whatever their names', async (defer) => {
      const [a, b] = [await started(defer), await started(defer)]
      const heard = new Map<string, Heard[]>()
      for (const topic of TOPICS) heard.set(topic, await listen(b, topic))
      for (const topic of TOPICS) await a.publish(topic, bytes(topic))
      for (const topic of TOPICS) await settle(a, topic, heard.get(topic)!)
      for (const topic of TOPICS) assert.deepEqual(texts(heard.get(topic)!), [topic, 'last'])
    }),

    contractCase('does not call back while it publishes', async (defer) => {
      const [a, b] = [await started(defer), await started(defer)]
      const heard = await listen(b, 'room')
      const published = a.publish('room', bytes('one'))
      assert.equal(heard.length, 0, 'a publisher must not be re-entered')
      await published
      await until(() => heard.length === 1, 'the message')
    }),

    contractCase('is silent after unsubscribe, and ignores topics that it does not know', async (defer) => {
      const [a, b, c] = [await started(defer), await started(defer), await started(defer)]
      const [atB, atC] = [await listen(b, 'room'), await listen(c, 'room')]
      await b.unsubscribe('room')
      await b.unsubscribe('never heard of')
      await settle(a, 'room', atC)
      assert.deepEqual(atB, [])
      const again = await listen(b, 'room')
      await a.publish('room', bytes('again'))
      await until(() => again.length > 0, 'a message after subscribing again')
      assert.deepEqual(texts(again), ['again'])
      assert.deepEqual(atB, [])
    }),

    contractCase('survives a receiver that throws', async (defer) => {
      const [a, b, c] = [await started(defer), await started(defer), await started(defer)]
      let calls = 0
      await b.subscribe('room', () => {
        calls++
        throw new Error('a mistake of the receiver')
      })
      const atC = await listen(c, 'room')
      await a.publish('room', bytes('one'))
      await settle(a, 'room', atC)
      await until(() => calls === 2, 'both messages at the receiver that throws')
      assert.deepEqual(texts(atC), ['one', 'last'])
    }),

    contractCase('takes nothing after stop, and says so', async (defer) => {
      const [a, b] = [await started(defer), await started(defer)]
      const atA = await listen(a, 'room')
      await a.stop?.()
      await assert.rejects(async () => a.publish('room', bytes('late')))
      await b.publish('room', bytes('to whom'))
      const c = await started(defer)
      await settle(b, 'room', await listen(c, 'room'))
      assert.deepEqual(atA, [], 'a stopped node hears nothing')
      assert.equal(a.state, 'degraded')
    }),

    ...lifecycleContract(harness),
  ]
}
