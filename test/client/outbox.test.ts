import * as assert from 'uvu/assert'
import { SignalboxError } from '../../client/errors.js'
import { Outbox } from '../../client/outbox.js'
import type { Json } from '../../core/protocol.js'
import { suite } from '../suite.js'
import { settled } from './fake-clock.js'

function outbox() {
  const sink = {
    open: true,
    sent: [] as string[],
    send(text: string) {
      if (sink.open) sink.sent.push(text)
      return sink.open
    },
  }
  const box = new Outbox(sink, 200)
  const publish = (data: Json) => box.request({ type: 'publish', room: 'r', data })
  return { sink, box, publish }
}

const failure = (promise: Promise<void>) =>
  promise.then(
    () => 'resolved',
    (error: SignalboxError) => error.code,
  )

suite('client outbox', (test) => {
  test('numbers messages from 1, and an acknowledgement confirms all before it', async () => {
    const { sink, box, publish } = outbox()
    const done: number[] = []
    for (const n of [1, 2, 3]) void publish(n).then(() => done.push(n))
    assert.equal(
      sink.sent.map((text) => JSON.parse(text).id),
      [1, 2, 3],
    )
    box.acknowledge(2)
    await settled()
    assert.equal(done, [1, 2])
  })

  test('a refusal rejects its message and no other', async () => {
    const { box, publish } = outbox()
    const refused = failure(publish(1))
    const fine = failure(publish(2))
    box.refuse(1, new SignalboxError('E_NO_PEER', 'gone'))
    box.acknowledge(2)
    assert.is(await refused, 'E_NO_PEER')
    assert.is(await fine, 'resolved')
  })

  test('a join is confirmed by joined, not by ack', async () => {
    const { box } = outbox()
    let joined = false
    void box.request({ type: 'join', room: 'r' }).then(() => {
      joined = true
    })
    box.acknowledge(1)
    await settled()
    assert.not(joined)
    box.joined(1)
    await settled()
    assert.ok(joined)
  })

  test('a join behind which we have left is over with the leave, and no other is', async () => {
    const { box } = outbox()
    const done: string[] = []
    const ask = (type: 'join' | 'leave', room: string, what: string) =>
      void box.request({ type, room }).then(() => done.push(what))
    ask('join', 'r', 'first')
    ask('join', 'another', 'elsewhere')
    ask('leave', 'r', 'leave')
    ask('join', 'r', 'second')
    box.acknowledge(4)
    await settled()
    assert.equal(done, ['first', 'leave'])
  })

  test('what is too long is refused here: the server would end the connection', async () => {
    const { sink, publish } = outbox()
    assert.is(await failure(publish('é'.repeat(90))), 'E_TOO_LARGE')
    assert.is(sink.sent.length, 0)
    const fits = failure(publish('é'.repeat(60)))
    assert.is(sink.sent.length, 1)
    assert.is(JSON.parse(sink.sent[0]!).id, 1, 'a refused message takes no number')
    void fits
  })

  test('without a connection messages wait, and go out in order with the next one', () => {
    const { sink, box, publish } = outbox()
    void publish(1)
    sink.open = false
    void publish(2)
    void publish(3)
    assert.is(sink.sent.length, 1)
    sink.open = true
    box.resume(0)
    assert.equal(
      sink.sent.slice(1).map((text) => JSON.parse(text)),
      [1, 2, 3].map((n) => ({ type: 'publish', room: 'r', data: n, id: n })),
      'the first was sent, but the server says that it has nothing',
    )
  })

  test('what the server had processed isn’t sent again, and waits for its answer', async () => {
    const { sink, box, publish } = outbox()
    const outcomes = [1, 2, 3].map((n) => failure(publish(n)))
    box.resume(2)
    assert.equal(
      sink.sent.slice(3).map((text) => JSON.parse(text).id),
      [3],
    )
    box.refuse(1, new SignalboxError('E_NO_PEER', 'told once more'))
    box.acknowledge(3)
    assert.equal(await Promise.all(outcomes), ['E_NO_PEER', 'resolved', 'resolved'])
  })

  test('with the session is lost what may have arrived, or names a peer; the rest goes out behind the joins', async () => {
    const { sink, box, publish } = outbox()
    const direct = () => box.request({ type: 'signal', room: 'r', to: 'ada', data: 1 })
    const [sent, sentDirect, sentUpdate] = [
      failure(publish('sent')),
      failure(direct()),
      failure(box.request({ type: 'update', room: 'r', data: 'sent' })),
    ]
    sink.open = false
    const [queued, queuedDirect] = [failure(publish('queued')), failure(direct())]
    const left = failure(box.request({ type: 'leave', room: 'another' }))
    sink.open = true
    sink.sent.length = 0
    box.lose(() => void box.request({ type: 'join', room: 'r' }))
    assert.equal(
      sink.sent.map((text) => JSON.parse(text)),
      [
        { type: 'join', room: 'r', id: 1 },
        { type: 'update', room: 'r', data: 'sent', id: 2 },
        { type: 'publish', room: 'r', data: 'queued', id: 3 },
      ],
    )
    assert.is(await sent, 'E_SESSION_LOST')
    assert.is(await sentDirect, 'E_SESSION_LOST')
    assert.is(await queuedDirect, 'E_SESSION_LOST')
    assert.is(await left, 'resolved', 'the new session isn’t in that room')
    box.acknowledge(3)
    assert.equal(await Promise.all([sentUpdate, queued]), ['resolved', 'resolved'])
  })

  test('what waits is bounded, in number and in length; joins find a place all the same', async () => {
    const { box, publish } = outbox()
    for (let i = 0; i < 1_000; i++) void publish(i)
    assert.is(await failure(publish(1_000)), 'E_BACKLOG')
    void box.request({ type: 'join', room: 'r' })
    assert.is(box.lastId, 1_001)
    box.acknowledge(500)
    void publish(1)
    assert.is(box.lastId, 1_002)

    const wide = new Outbox({ send: () => false }, 65_536)
    const bulk = () => wide.request({ type: 'publish', room: 'r', data: 'x'.repeat(60_000) })
    for (let i = 0; i < 17; i++) void bulk()
    assert.is(await failure(bulk()), 'E_BACKLOG')
    assert.is(wide.lastId, 17)
    wide.refuse(1, new SignalboxError('E_RATE', 'room for one more'))
    void bulk()
    assert.is(wide.lastId, 18)
  })

  test('after the end everything fails with its reason', async () => {
    const { sink, box, publish } = outbox()
    const waiting = failure(publish(1))
    box.end(new SignalboxError('E_CLOSED', 'you closed this session'))
    assert.is(await waiting, 'E_CLOSED')
    assert.is(await failure(publish(2)), 'E_CLOSED')
    assert.is(sink.sent.length, 1)
  })

  test('a promise that nobody looks at is no unhandled rejection', async (defer) => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    defer(() => process.off('unhandledRejection', note))
    const { box, publish } = outbox()
    void publish(1)
    void publish('x'.repeat(300))
    box.end(new SignalboxError('E_DISCONNECTED', 'lost'))
    await settled()
    await settled()
    assert.equal(unhandled, [])
  })
})
