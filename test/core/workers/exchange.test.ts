import type { Duplex } from 'node:stream'
import * as assert from 'uvu/assert'
import { Exchange } from '../../../core/workers/exchange.js'
import {
  BodyReader,
  EXCHANGE_FRAMES,
  ExchangeReader,
  ExchangeWriter,
  questionNumber,
  shortText,
} from '../../../core/workers/exchange-frames.js'
import { capturedLogger } from '../../captured-logger.js'
import { socketPair } from '../../contract/index.js'
import { suite } from '../../suite.js'

const { publish, will, subscribe, unsubscribe, question, reset, message, answer } = EXCHANGE_FRAMES

/** A worker that writes and reads frames by hand. */
class Worker {
  readonly pipe: Duplex
  readonly heard: string[] = []
  readonly answers: number[] = []
  readonly #writer: ExchangeWriter
  #lastQuestion = 0

  constructor(exchange: Exchange, name: string) {
    const [near, far] = socketPair()
    this.pipe = far
    this.#writer = new ExchangeWriter(far)
    const reader = new ExchangeReader((kind, body) => {
      const parts = new BodyReader(body)
      if (kind === answer) this.answers.push(parts.number())
      else if (kind === message)
        this.heard.push(`${parts.shortText()} ${parts.shortText()} ${parts.rest().toString()}`)
      else throw new Error(`a frame of kind ${kind}`)
    })
    far.on('data', (chunk: Buffer) => reader.read(chunk))
    exchange.add(name, near)
  }

  topic(kind: number, topic: string): void {
    this.#writer.write(kind, shortText(topic))
  }

  publish(topic: string, text: string | Buffer): void {
    this.#writer.write(publish, shortText(topic), Buffer.from(text))
  }

  will(topic: string, text: string): void {
    this.#writer.write(will, shortText(topic), Buffer.from(text))
  }

  reset(): void {
    this.#writer.write(reset)
  }

  /** Resolves once the exchange has seen to everything that this worker wrote. */
  async done(): Promise<void> {
    const number = ++this.#lastQuestion
    this.#writer.write(question, questionNumber(number))
    while (!this.answers.includes(number)) await turn()
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
function exchangeOf(...names: string[]) {
  const { logger, lines } = capturedLogger()
  const exchange = new Exchange(logger)
  return { exchange, lines, workers: names.map((name) => new Worker(exchange, name)) }
}

suite('workers/exchange', (test) => {
  test('publishes the last will of a worker when its pipe ends, however it ends, and not before', async (defer) => {
    const { exchange, workers } = exchangeOf('w0', 'w1')
    defer(() => exchange.stop())
    const [mortal, heir] = workers as [Worker, Worker]
    heir.topic(subscribe, 'news')
    mortal.topic(subscribe, 'news')
    mortal.will('news', 'first')
    mortal.will('news', 'last')
    await mortal.done()
    await heir.done()
    assert.equal(heir.heard, [])
    mortal.pipe.destroy()
    while (heir.heard.length === 0) await turn()
    assert.equal(heir.heard, ['news w0 last'])
  })

  test('brings a message to the others that subscribed, with its sender, in order', async (defer) => {
    const { exchange, workers } = exchangeOf('w0', 'w1', 'w2')
    defer(() => exchange.stop())
    const [a, b, c] = workers as [Worker, Worker, Worker]
    for (const worker of [a, b]) worker.topic(subscribe, 'room')
    await Promise.all([a.done(), b.done()])
    for (const text of ['one', '', 'three']) a.publish('room', text)
    c.publish('room', 'from w2')
    a.publish('elsewhere', 'x')
    for (const worker of [a, c, b]) await worker.done()
    assert.equal(a.heard, ['room w2 from w2'])
    assert.equal(
      b.heard.filter((text) => text.includes('w0')),
      ['room w0 one', 'room w0 ', 'room w0 three'],
    )
    assert.equal(c.heard, [])
  })

  test('forgets a topic, all topics of a worker that begins anew, and workers that are gone', async (defer) => {
    const { exchange, workers } = exchangeOf('w0', 'w1', 'w2')
    defer(() => exchange.stop())
    const [a, b, c] = workers as [Worker, Worker, Worker]
    for (const topic of ['x', 'y', 'z']) b.topic(subscribe, topic)
    b.topic(unsubscribe, 'x')
    b.topic(unsubscribe, 'never heard of')
    await b.done()
    for (const topic of ['x', 'y']) a.publish(topic, '1')
    await a.done()
    await b.done()
    assert.equal(b.heard, ['y w0 1'])
    b.reset()
    b.topic(subscribe, 'z')
    c.topic(subscribe, 'z')
    await Promise.all([b.done(), c.done()])
    for (const topic of ['y', 'z']) a.publish(topic, '2')
    await a.done()
    await b.done()
    assert.equal(b.heard, ['y w0 1', 'z w0 2'])
    b.pipe.destroy()
    await turn()
    a.publish('z', '3')
    await a.done()
    await c.done()
    assert.equal(c.heard, ['z w0 2', 'z w0 3'])
  })

  test('cuts off a worker that talks nonsense, and no other', async (defer) => {
    const { exchange, workers, lines } = exchangeOf('w0', 'w1', 'w2', 'w3', 'w4', 'w5')
    defer(() => exchange.stop())
    const nonsense = [
      Buffer.alloc(5), // a frame of no length
      Buffer.from('ffffffff01', 'hex'), // too long
      Buffer.from('0100000063', 'hex'), // of no kind
      Buffer.from('030000000405ff', 'hex'), // a topic that is cut off
    ]
    for (const [i, bytes] of nonsense.entries()) workers[i]!.pipe.write(bytes)
    const [good, other] = workers.slice(4) as [Worker, Worker]
    other.topic(subscribe, 'room')
    await other.done()
    good.publish('room', 'hello')
    await good.done()
    await other.done()
    assert.equal(other.heard, ['room w4 hello'])
    for (const { pipe } of workers.slice(0, 4)) while (!pipe.destroyed) await turn()
    assert.equal(
      lines.map(({ worker }) => worker),
      ['w0', 'w1', 'w2', 'w3'],
    )
  })

  test('a worker that does not read loses messages beyond a bound, is named once, and holds up nobody', async (defer) => {
    const { exchange, workers, lines } = exchangeOf('w0', 'w1', 'stalled')
    defer(() => exchange.stop())
    const [a, b, stalled] = workers as [Worker, Worker, Worker]
    const near = stalledEnd(exchange)
    defer(() => near.far.destroy())
    b.topic(subscribe, 'room')
    await b.done()
    const large = Buffer.alloc(512 * 1024, 'x')
    for (let i = 0; i < 60; i++) {
      a.publish('room', large)
      await a.done()
    }
    await b.done()
    assert.is(b.heard.length, 60)
    assert.ok(near.near.writableLength <= 17 * 1024 * 1024, `${near.near.writableLength} bytes wait`)
    assert.ok(exchange.lost > 20, `${exchange.lost} lost`)
    assert.is(lines.filter(({ worker }) => worker === 'asleep').length, 1)
    await stalled.done()
  })
})

/** A worker that subscribed and then reads no more: what is written to it is never taken. */
function stalledEnd(exchange: Exchange): { near: Duplex; far: Duplex } {
  const [near, far] = socketPair()
  near._write = () => {}
  near._writev = () => {}
  exchange.add('asleep', near)
  new ExchangeWriter(far).write(subscribe, shortText('room'))
  return { near, far }
}
