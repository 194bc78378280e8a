import * as assert from 'uvu/assert'
import { SignalboxError } from '../../client/errors.js'
import { Outbox } from '../../client/outbox.js'
import type { Json } from '../../core/protocol.js'
import { suite } from '../suite.js'
import { settled } from './fake-clock.js'

function outbox() {
  const sink = {
    open: true,
    backlogged: false,
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

  test('what is too long is refused here: the server would end the connection', async () => {
    const { sink, publish } = outbox()
    assert.is(await failure(publish('é'.repeat(90))), 'E_TOO_LARGE')
    assert.is(sink.sent.length, 0)
    const fits = failure(publish('é'.repeat(60)))
    assert.is(sink.sent.length, 1)
    assert.is(JSON.parse(sink.sent[0]!).id, 1, 'a refused message takes no number')
    void fits
  })

  test('a lost connection rejects what waits, and numbers begin again', async () => {
    const { sink, box, publish } = outbox()
    const lost = failure(publish(1))
    box.reset(new SignalboxError('E_DISCONNECTED', 'lost'))
    assert.is(await lost, 'E_DISCONNECTED')
    sink.open = false
    assert.is(await failure(publish(2)), 'E_DISCONNECTED')
    sink.open = true
    void publish(3)
    assert.is(JSON.parse(sink.sent.at(-1)!).id, 1)
  })

  test('neither the promises nor the socket may pile up', async () => {
    const { sink, publish } = outbox()
    sink.backlogged = true
    assert.is(await failure(publish(0)), 'E_BACKLOG')
    sink.backlogged = false
    for (let i = 0; i < 1_000; i++) void publish(i)
    assert.is(await failure(publish(1_000)), 'E_BACKLOG')
  })

  test('a promise that nobody looks at is no unhandled rejection', async (defer) => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    defer(() => process.off('unhandledRejection', note))
    const { box, publish } = outbox()
    void publish(1)
    void publish('x'.repeat(300))
    box.reset(new SignalboxError('E_DISCONNECTED', 'lost'))
    await settled()
    await settled()
    assert.equal(unhandled, [])
  })
})
