import * as assert from 'uvu/assert'
import type { BrokerConnection, BrokerListener } from '../../../core/bus/broker.js'
import { BrokerBus, type BrokerBusOptions } from '../../../core/bus/broker-bus.js'
import { capturedLogger } from '../../captured-logger.js'
import { FakeClock } from '../../contract/index.js'
import { rejection } from '../../rejection.js'
import { type Defer, suite } from '../../suite.js'

/** A broker that does what a test says. */
class FakeBroker {
  readonly clock = new FakeClock()
  readonly log = capturedLogger()
  readonly connections: FakeConnection[] = []
  /** How often somebody tried to connect. */
  attempts: number[] = []
  refuses = false
  /** Takes connections and answers nothing. */
  isSilent = false
  /** Doesn't even take connections, and says nothing of it. */
  isDeaf = false
  /** Attempts that were given up: after how long. */
  readonly givenUp: number[] = []

  bus(options: Partial<BrokerBusOptions> = {}): BrokerBus {
    return new BrokerBus({
      broker: 'fake at nowhere',
      connect: (listener, signal) => this.#connect(listener, signal),
      unreachable: 'refuse',
      pingMs: 1000,
      bufferBytes: 10_000,
      clock: this.clock,
      logger: this.log.logger,
      ...options,
    })
  }

  /** The connection in use. */
  get now(): FakeConnection {
    return this.connections.at(-1)!
  }

  /** Moves the clock in small steps, and lets promises come to something in between. */
  async pass(ms: number): Promise<void> {
    for (let gone = 0; gone < ms; gone += 10) {
      this.clock.advance(Math.min(10, ms - gone))
      await settled()
    }
  }

  async #connect(listener: BrokerListener, signal: AbortSignal): Promise<BrokerConnection> {
    const began = this.clock.monotonic()
    this.attempts.push(began)
    if (this.isDeaf) {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          this.givenUp.push(this.clock.monotonic() - began)
          reject(new Error('given up'))
        })
      })
    }
    if (this.refuses) throw new Error('connection refused')
    const connection = new FakeConnection(this, listener)
    this.connections.push(connection)
    return connection
  }
}

class FakeConnection implements BrokerConnection {
  readonly broker: FakeBroker
  readonly listener: BrokerListener
  /** Each request for topics, and when it came. */
  readonly asked: { at: number; topics: readonly string[] }[] = []
  readonly left: string[] = []
  readonly published: string[] = []
  isClosed = false
  #waiting: { resolve(): void; reject(error: Error): void }[] = []

  constructor(broker: FakeBroker, listener: BrokerListener) {
    this.broker = broker
    this.listener = listener
  }

  subscribe(topics: readonly string[]): Promise<void> {
    this.asked.push({ at: this.broker.clock.monotonic(), topics })
    return this.#answer()
  }

  async unsubscribe(topic: string): Promise<void> {
    this.left.push(topic)
  }

  publish(topic: string): Promise<void> {
    this.published.push(topic)
    return this.#answer()
  }

  ping(): Promise<void> {
    return this.#answer()
  }

  async close(): Promise<void> {
    this.isClosed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('closed'))
  }

  /** Answers what was left unanswered. */
  answerAll(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  #answer(): Promise<void> {
    if (!this.broker.isSilent) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const bytes = new Uint8Array(1000)

/** A bus that has started, on a broker that is well, until the test ends. */
async function connected(defer: Defer, options: Partial<BrokerBusOptions> = {}) {
  const broker = new FakeBroker()
  const bus = broker.bus(options)
  defer(() => bus.stop())
  await bus.start()
  return { broker, bus }
}

suite('bus/broker-bus', (test) => {
  test('refuses to start without its broker, and says which and what to do', async (defer) => {
    const broker = new FakeBroker()
    broker.refuses = true
    const bus = broker.bus()
    defer(() => bus.stop())
    const { message } = await rejection(bus.start())
    assert.is(
      message,
      'fake at nowhere can\'t be reached: connection refused; mend that, or set unreachable to "degrade"',
    )
    await bus.stop()
    await broker.pass(10_000)
    assert.is(broker.attempts.length, 1)
    assert.is(broker.clock.pending, 0)
  })

  test('refuses to start when the broker takes connections and answers nothing', async (defer) => {
    const broker = new FakeBroker()
    broker.isSilent = true
    const bus = broker.bus()
    defer(() => bus.stop())
    const failed = rejection(bus.start())
    await broker.pass(4900)
    assert.not.ok(broker.now.isClosed, 'at the start there is time')
    await broker.pass(200)
    assert.match((await failed).message, /it gives no answer/)
    assert.ok(broker.now.isClosed)
  })

  test('starts degraded where it may, says so, and is up when the broker comes', async (defer) => {
    const broker = new FakeBroker()
    broker.refuses = true
    const bus = broker.bus({ unreachable: 'degrade' })
    defer(() => bus.stop())
    await bus.start()
    assert.is(bus.state, 'degraded')
    assert.match(JSON.stringify(broker.log.lines), /fake at nowhere can't be reached: starting degraded/)
    await bus.subscribe('early', () => {})
    assert.match((await rejection(bus.publish('early', bytes))).message, /is away/)
    broker.refuses = false
    await broker.pass(5000)
    assert.is(bus.state, 'up')
    assert.equal(
      broker.now.asked.map(({ topics }) => topics),
      [['early']],
    )
  })

  test('tries again after pauses that double from 0.1 to 1 s and are not alike', async (defer) => {
    const broker = new FakeBroker()
    broker.refuses = true
    const bus = broker.bus({ unreachable: 'degrade' })
    defer(() => bus.stop())
    await bus.start()
    await broker.pass(60_000)
    const pauses = broker.attempts.slice(1).map((at, i) => at - broker.attempts[i]!)
    assert.ok(pauses[0]! >= 100 && pauses[0]! <= 210, `${pauses[0]}`)
    assert.ok(
      pauses.every((pause) => pause >= 100 && pause <= 1010),
      `${pauses}`,
    )
    const late = pauses.slice(5)
    assert.ok(
      late.every((pause) => pause >= 500),
      `${late}`,
    )
    assert.ok(new Set(late).size > late.length / 3, 'they vary')
  })

  test('gives up an attempt in time for the next one, but is patient with every fourth', async (defer) => {
    const { broker, bus } = await connected(defer)
    broker.isDeaf = true
    broker.now.listener.lost('it was killed')
    await broker.pass(30_000)
    assert.ok(broker.givenUp.length >= 8, `${broker.givenUp.length} attempts`)
    const hasty = (ms: number) => ms < 1550
    assert.ok(broker.givenUp.filter(hasty).length > broker.givenUp.length / 2, `${broker.givenUp}`)
    assert.ok(broker.givenUp.some((ms) => ms >= 5000))
    broker.isDeaf = false
    await broker.pass(6000)
    assert.is(bus.state, 'up')
  })

  test('what it needs is brought first, and only then is anybody waited for', async (defer) => {
    const broker = new FakeBroker()
    const bus = broker.bus({
      prepare: () => Promise.reject(new Error('no such package')),
      unreachable: 'degrade',
    })
    defer(() => bus.stop())
    assert.is((await rejection(bus.start())).message, 'no such package')
    assert.equal([broker.attempts.length, broker.clock.pending], [0, 0])
  })

  test('a stop gives up the attempt that is under way', async (defer) => {
    const { broker, bus } = await connected(defer)
    broker.isDeaf = true
    broker.now.listener.lost('it was killed')
    await broker.pass(300)
    assert.is(broker.attempts.length, 2)
    await bus.stop()
    assert.equal([broker.givenUp.length, broker.clock.pending], [1, 0])
  })

  test('a stop also gives up a broker that took the connection and answers nothing', async (defer) => {
    const { broker, bus } = await connected(defer)
    broker.isSilent = true
    broker.now.listener.lost('it was killed')
    await broker.pass(300)
    await bus.stop()
    assert.equal([broker.connections.length, broker.now.isClosed, broker.clock.pending], [2, true, 0])
  })

  test('notices within 5 s that a broker has fallen silent', async (defer) => {
    const { broker, bus } = await connected(defer)
    await broker.pass(10_500)
    assert.equal([bus.state, bus.isInDoubt], ['up', false])
    broker.isSilent = true
    const first = broker.now
    await broker.pass(2000)
    assert.equal([bus.state, bus.isInDoubt], ['up', true], 'it owes an answer for a beat')
    await broker.pass(1000)
    assert.is(bus.state, 'up', 'slow is not gone')
    await broker.pass(1500)
    assert.is(bus.state, 'degraded')
    assert.ok(first.isClosed)
    broker.isSilent = false
    await broker.pass(5000)
    assert.equal([bus.state, bus.isInDoubt], ['up', false])
  })

  test('an answer that comes late, but comes, is a sign of life', async (defer) => {
    const { broker, bus } = await connected(defer)
    broker.isSilent = true
    for (let i = 0; i < 10; i++) {
      await broker.pass(2500)
      broker.now.answerAll()
    }
    assert.is(broker.connections.length, 1)
    assert.is(bus.state, 'up')
  })

  test('100,000 topics come back in steps of 2,000, one each 50 ms at the most', async (defer) => {
    const { broker, bus } = await connected(defer)
    for (let i = 0; i < 100_000; i++) void bus.subscribe(`topic.${i}`, () => {})
    await settled()
    broker.now.listener.lost('it was killed')
    assert.is(bus.state, 'degraded')
    await broker.pass(300)
    assert.is(bus.state, 'degraded', 'not up before the last topic is there')
    assert.is(await bus.publish('topic.1', bytes), undefined, 'but it is connected: heartbeats may go')
    await broker.pass(3000)
    assert.is(bus.state, 'up')
    const { asked } = broker.now
    assert.is(asked.length, 50)
    assert.ok(asked.every(({ topics }) => topics.length === 2000))
    for (const [i, { at }] of asked.entries()) if (i > 0) assert.ok(at - asked[i - 1]!.at >= 50)
    assert.equal(asked[0]!.topics.slice(0, 2), ['topic.0', 'topic.1'], 'the oldest first')
    assert.is(new Set(asked.flatMap(({ topics }) => topics)).size, 100_000)
  })

  test('topics that come and go while others come back end as they should', async (defer) => {
    const { broker, bus } = await connected(defer)
    for (let i = 0; i < 5000; i++) void bus.subscribe(`topic.${i}`, () => {})
    await settled()
    broker.now.listener.lost('it was killed')
    while (broker.connections.length < 2) await broker.pass(10)
    await bus.subscribe('new', () => {})
    await bus.subscribe('topic.1', () => {}) // asked for: it only has another receiver
    await bus.unsubscribe('topic.4999') // not asked for yet
    await bus.unsubscribe('topic.0') // asked for
    await broker.pass(500)
    const asked = broker.now.asked.flatMap(({ topics }) => topics)
    assert.is(bus.state, 'up')
    assert.ok(asked.includes('new'))
    assert.not.ok(asked.includes('topic.4999'))
    assert.is(new Set(asked).size, asked.length, 'none was asked for twice')
    assert.equal(broker.now.left, ['topic.0'])
  })

  test('holds so many bytes that the broker has not taken, and refuses more', async (defer) => {
    const { broker, bus } = await connected(defer)
    broker.isSilent = true
    const taken = Array.from({ length: 10 }, () => bus.publish('room', bytes))
    assert.match((await rejection(bus.publish('room', bytes))).message, /is slow: 10000 bytes wait/)
    assert.is(bus.state, 'up')
    broker.now.answerAll()
    await Promise.all(taken)
    broker.isSilent = false
    await bus.publish('room', bytes)
    assert.is(broker.now.published.length, 11)
  })

  test('what is under way when the broker goes is refused, and counts no more', async (defer) => {
    const { broker, bus } = await connected(defer)
    broker.isSilent = true
    const published = Array.from({ length: 10 }, () => rejection(bus.publish('room', bytes)))
    broker.now.listener.lost('it was killed')
    assert.is((await Promise.all(published)).length, 10)
    broker.isSilent = false
    await broker.pass(1000)
    await Promise.all(Array.from({ length: 10 }, () => bus.publish('room', bytes)))
  })

  test('hears what is for it, not itself, nothing of a connection that is over, and survives its receivers', async (defer) => {
    const { broker, bus } = await connected(defer)
    const heard: string[] = []
    await bus.subscribe('room', (_message, sender) => {
      heard.push(sender)
      throw new Error('a mistake of the receiver')
    })
    const first = broker.now.listener
    first.message('room', bytes, 'another')
    first.message('room', bytes, first.self)
    first.message('elsewhere', bytes, 'another')
    first.lost('it was killed')
    first.message('room', bytes, 'late')
    await broker.pass(1000)
    broker.now.listener.message('room', bytes, 'again')
    assert.equal(heard, ['another', 'again'])
    assert.is(broker.now.listener.self, first.self)
    assert.match(JSON.stringify(broker.log.lines), /a receiver of the bus failed/)
  })

  test('refuses what is no topic, and everything before its start and after its stop', async (defer) => {
    const broker = new FakeBroker()
    const bus = broker.bus()
    defer(() => bus.stop())
    assert.match((await rejection(bus.publish('room', bytes))).message, /not running/)
    await bus.start()
    for (const topic of ['a.*', '>', '', 'x'.repeat(121)]) {
      assert.match((await rejection(bus.publish(topic, bytes))).message, /^a topic is words/)
      assert.match((await rejection(bus.subscribe(topic, () => {}))).message, /^a topic is words/)
    }
    await bus.stop()
    assert.match((await rejection(bus.publish('room', bytes))).message, /not running/)
    assert.match((await rejection(bus.subscribe('room', () => {}))).message, /not running/)
    assert.is(broker.clock.pending, 0)
  })
})
