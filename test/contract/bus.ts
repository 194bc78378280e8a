import assert from 'node:assert/strict'
import type { Bus } from '../../core/contracts/bus.js'
import type { Lifecycle } from '../../core/plugin.js'
import { type ContractCase, contractCase, until } from './contract-case.js'
import { type LifecycleHarness, lifecycleContract } from './lifecycle.js'

export interface BusHarness extends LifecycleHarness {
  /** One more node on the same bus, not started. */
  make(): Bus & Lifecycle
  /** Where the bus has a broker: takes it away from all nodes, and gives it back with nothing remembered. */
  readonly outage?: { begin(): unknown; end(): unknown }
}

interface Heard {
  readonly text: string
  readonly sender: string
}

/** Of every shape that core gives to a bus. */
const TOPICS = [
  'room',
  'a.b',
  'a.b.c',
  'a',
  'A',
  '-_-.0',
  'signalbox.room.jGl25bVBBBW96Qi9Te4V3w',
  'x'.repeat(120),
]
/** The largest that core gives to a bus. */
const LARGEST_BYTES = 512 * 1024
/** An outage has to be noticed within 5 s; a busy machine may need longer to be seen to do so. */
const OUTAGE_MS = 20_000
/** A promise that may reject before anybody looks at it. */
const handled = (work: Promise<void>): Promise<void> => {
  work.catch(() => {})
  return work
}
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

    contractCase('brings the largest messages whole, and in their order', async (defer) => {
      const [a, b] = [await started(defer), await started(defer)]
      const heard: Uint8Array[] = []
      await b.subscribe('room', (message) => heard.push(message))
      const sent = [1, 2, 3].map((n) => Uint8Array.from({ length: LARGEST_BYTES }, (_, i) => (i * n) % 251))
      for (const message of sent) await a.publish('room', message.slice())
      await until(() => heard.length === sent.length, 'three messages')
      for (const [i, message] of sent.entries())
        assert.ok(Buffer.from(heard[i]!).equals(message), `message ${i}`)
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
        handled(a.publish('room', bytes(`a${i}`)))
        handled(b.publish('room', bytes(`b${i}`)))
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
      const published = handled(a.publish('room', bytes('one')))
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
      await assert.rejects(a.publish('room', bytes('late')), 'it rejects, and throws nothing')
      await b.publish('room', bytes('to whom'))
      const c = await started(defer)
      await settle(b, 'room', await listen(c, 'room'))
      assert.deepEqual(atA, [], 'a stopped node hears nothing')
      assert.equal(a.state, 'degraded')
    }),

    contractCase('stops under traffic: everything that it was given comes to an end', async (defer) => {
      const [a, b] = [await started(defer), await started(defer)]
      let heard = 0
      await b.subscribe('room', () => heard++)
      const published: Promise<void>[] = []
      const publish = () => {
        for (let i = 0; i < 200; i++) published.push(handled(a.publish('room', new Uint8Array(2000))))
      }
      publish()
      await until(() => heard > 0, 'the first message')
      publish()
      await b.stop?.()
      const heardAtStop = heard
      publish()
      await a.stop?.()
      await Promise.allSettled(published)
      assert.equal(heard, heardAtStop, 'a stopped node hears nothing')
    }),

    ...outageCases(harness, started, listen),
    ...lifecycleContract(harness),
  ]
}

type Defer = (cleanUp: () => unknown) => void

/** What a bus owes when its broker goes and comes back. */
function outageCases(
  { outage }: BusHarness,
  started: (defer: Defer) => Promise<Bus & Lifecycle>,
  listen: (bus: Bus, topic: string) => Promise<Heard[]>,
): ContractCase[] {
  if (outage === undefined) return []
  const isDegraded = ({ state }: Bus) => state === 'degraded'
  return [
    contractCase(
      'says that its broker is away, and comes back by itself with every topic',
      async (defer) => {
        const nodes = [await started(defer), await started(defer)] as const
        const [a, b] = nodes
        const [kept, left] = [await listen(b, 'kept'), await listen(b, 'left')]
        await outage.begin()
        defer(() => outage.end())
        await until(() => nodes.every(isDegraded), 'both nodes to notice', OUTAGE_MS)
        await assert.rejects(a.publish('kept', bytes('to nobody')))
        const added = await listen(b, 'added')
        await b.unsubscribe('left')
        await outage.end()
        await until(() => !nodes.some(isDegraded), 'both nodes to be up again', OUTAGE_MS)
        for (const topic of ['left', 'kept', 'added']) await a.publish(topic, bytes('back'))
        await until(() => kept.length > 0 && added.length > 0, 'the messages after the outage')
        for (const heard of [kept, added])
          assert.deepEqual(
            heard.map(({ text }) => text),
            ['back'],
          )
        assert.deepEqual(left, [])
      },
      3 * OUTAGE_MS,
    ),
    contractCase(
      'can be stopped while its broker is away, and leaves nothing under way',
      async (defer) => {
        const [a, b] = [await started(defer), await started(defer)]
        await listen(b, 'room')
        const published = Array.from({ length: 100 }, () => handled(a.publish('room', new Uint8Array(2000))))
        await outage.begin()
        defer(() => outage.end())
        published.push(handled(a.publish('room', bytes('into the outage'))))
        await a.stop?.()
        await b.stop?.()
        await Promise.allSettled(published)
        assert.deepEqual([a.state, b.state], ['degraded', 'degraded'])
      },
      3 * OUTAGE_MS,
    ),
  ]
}
