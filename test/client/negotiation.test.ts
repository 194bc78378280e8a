import * as assert from 'uvu/assert'
import { SignalboxError } from '../../client/errors.js'
import { Negotiation, type NegotiationKind } from '../../client/negotiation.js'
import type { Json } from '../../core/protocol.js'
import { suite } from '../suite.js'
import { FakeClock, settled } from './fake-clock.js'
import { FakeConnection, fakeTrack } from './fake-connection.js'

interface Sent {
  kind: NegotiationKind
  data: Json
}

/** One side, whose messages go where the test says. */
function side(polite: boolean) {
  const connection = new FakeConnection()
  const clock = new FakeClock()
  const sent: Sent[] = []
  const errors: SignalboxError[] = []
  const refusals: SignalboxError[] = []
  const negotiation = new Negotiation({
    connection: connection as unknown as RTCPeerConnection,
    polite,
    clock,
    send: async (kind, data) => {
      sent.push({ kind, data })
      const refusal = refusals.shift()
      if (refusal) throw refusal
    },
    onError: (error) => errors.push(error),
  })
  return { connection, clock, negotiation, sent, errors, refusals }
}

type Side = ReturnType<typeof side>

/** Gives everybody the time to offer. */
async function offered(...sides: Side[]): Promise<void> {
  await settled()
  for (const { clock } of sides) await clock.advance(400)
}

/** Carries messages both ways until nobody has anything to say. */
async function exchange(a: Side, b: Side): Promise<void> {
  await offered(a, b)
  while (a.sent.length > 0 || b.sent.length > 0) {
    for (const { kind, data } of a.sent.splice(0)) b.negotiation.receive(kind, data)
    for (const { kind, data } of b.sent.splice(0)) a.negotiation.receive(kind, data)
    await settled()
  }
}

function connected(a: Side, b: Side, offer: string): void {
  for (const { connection, errors } of [a, b]) {
    assert.equal(errors, [])
    assert.is(connection.signalingState, 'stable')
  }
  const [local, remote] = [a.connection.localDescription!, b.connection.remoteDescription!]
  assert.is(local.sdp, remote.sdp)
  assert.ok([local.sdp, b.connection.localDescription!.sdp].includes(offer))
}

suite('client negotiation', (test) => {
  test('one offers, the other answers', async () => {
    const [a, b] = [side(false), side(true)]
    a.connection.addTrack(fakeTrack())
    await exchange(a, b)
    connected(a, b, `offer 1 of ${a.connection.number}`)
  })

  test('glare: both offer, the impolite one wins, the polite one takes its offer back', async () => {
    for (const swap of [false, true]) {
      const [polite, impolite] = [side(true), side(false)]
      polite.connection.addTrack(fakeTrack())
      impolite.connection.addTrack(fakeTrack())
      await (swap ? exchange(impolite, polite) : exchange(polite, impolite))
      connected(impolite, polite, `offer 1 of ${impolite.connection.number}`)
      assert.is(polite.connection.rollbacks, 1)
      assert.is(impolite.connection.rollbacks, 0)
    }
  })

  test('the polite side lets the other offer first: no glare where both have something to send', async () => {
    const [polite, impolite] = [side(true), side(false)]
    polite.connection.addTrack(fakeTrack())
    impolite.connection.addTrack(fakeTrack())
    await settled()
    assert.equal(polite.sent, [])
    polite.negotiation.receive('offer', impolite.sent.splice(0)[0]!.data)
    await exchange(polite, impolite)
    connected(impolite, polite, `offer 1 of ${impolite.connection.number}`)
    assert.is(polite.connection.rollbacks, 0)
    polite.connection.addTrack(fakeTrack())
    await settled()
    assert.is(polite.sent.length, 1, 'later it needn’t wait')
  })

  test('a first offer is taken back only when its candidates are gathered, or after a while', async () => {
    for (const patience of [false, true]) {
      const polite = side(true)
      polite.connection.addTrack(fakeTrack())
      polite.connection.gathering('gathering')
      await offered(polite)
      polite.negotiation.receive('offer', { type: 'offer', sdp: 'theirs' })
      polite.negotiation.receive('candidate', { candidate: 'theirs' })
      await settled()
      assert.is(polite.connection.rollbacks, 0)
      if (patience) await polite.clock.advance(3_000)
      else polite.connection.gathering('complete')
      await settled()
      assert.is(polite.connection.rollbacks, 1)
      assert.is(polite.connection.signalingState, 'stable')
      assert.equal(polite.connection.candidates, ['theirs'])
      assert.is(polite.clock.waiting, 0)
    }
  })

  test('an offer that arrives while ours is being made is a collision too', async () => {
    const impolite = side(false)
    let open = () => {}
    impolite.connection.gate = new Promise((resolve) => {
      open = resolve
    })
    impolite.connection.need()
    await settled()
    assert.is(impolite.connection.signalingState, 'stable')
    impolite.negotiation.receive('offer', { type: 'offer', sdp: 'theirs' })
    await settled()
    open()
    await settled()
    assert.is(impolite.connection.remoteDescription, null)
    assert.equal(
      impolite.sent.map(({ kind }) => kind),
      ['offer'],
    )
  })

  test('candidates trickle both ways, the end of them too', async () => {
    const [a, b] = [side(false), side(true)]
    a.connection.addTrack(fakeTrack())
    await exchange(a, b)
    a.connection.gather('a1')
    a.connection.gather(null)
    b.connection.gather('b1')
    await exchange(a, b)
    assert.equal(b.connection.candidates, ['a1', null])
    assert.equal(a.connection.candidates, ['b1'])
  })

  test('candidates that come before the description wait for it, in order', async () => {
    const b = side(true)
    b.negotiation.receive('candidate', { candidate: 'c1' })
    b.negotiation.receive('candidate', { candidate: 'c2' })
    await settled()
    assert.equal(b.connection.candidates, [])
    b.negotiation.receive('offer', { type: 'offer', sdp: 'late' })
    b.negotiation.receive('candidate', { candidate: 'c3' })
    await settled()
    assert.equal(b.connection.candidates, ['c1', 'c2', 'c3'])
    assert.equal(b.errors, [])
  })

  test('candidates of an ignored offer are neither applied late nor reported', async () => {
    const [polite, impolite] = [side(true), side(false)]
    polite.connection.addTrack(fakeTrack())
    impolite.connection.addTrack(fakeTrack())
    await offered(polite, impolite)
    polite.connection.gather('misfit')
    await exchange(polite, impolite)
    assert.equal(impolite.connection.candidates, [])
    connected(impolite, polite, `offer 1 of ${impolite.connection.number}`)
    impolite.negotiation.receive('candidate', { candidate: 'misfit' })
    await settled()
    assert.is(impolite.errors[0]?.code, 'E_NEGOTIATION', 'but of an accepted one they are')
  })

  test('messages are applied in the order of arrival', async () => {
    const b = side(true)
    b.negotiation.receive('offer', { type: 'offer', sdp: 'first' })
    b.negotiation.receive('candidate', { candidate: 'of the first' })
    b.negotiation.receive('offer', { type: 'offer', sdp: 'second' })
    await settled()
    await settled()
    const answers = b.sent.map(({ data }) => (data as { sdp: string }).sdp)
    assert.equal(answers, [
      `answer of ${b.connection.number} to first`,
      `answer of ${b.connection.number} to second`,
    ])
  })

  test('an answer without a question is dropped', async () => {
    const a = side(false)
    a.negotiation.receive('answer', { type: 'answer', sdp: 'stray' })
    await settled()
    assert.is(a.connection.remoteDescription, null)
    assert.equal(a.errors, [])
  })

  test('nonsense from a peer harms nothing; what a browser refuses is reported, and the next offer works', async () => {
    const a = side(true)
    for (const data of [null, 1, 'x', [], {}, { sdp: 5 }] as Json[]) {
      a.negotiation.receive('offer', data)
      a.negotiation.receive('answer', data)
    }
    for (const data of [1, 'x', true] as Json[]) a.negotiation.receive('candidate', data)
    await settled()
    assert.equal(a.errors, [])
    a.negotiation.receive('offer', { type: 'offer', sdp: 'broken' })
    a.negotiation.receive('offer', { type: 'offer', sdp: 'whole' })
    await settled()
    assert.equal(
      a.errors.map(({ code }) => code),
      ['E_NEGOTIATION'],
    )
    assert.is(a.connection.remoteDescription?.sdp, 'whole')
  })

  test('ICE restarts when it failed, at growing intervals, and after a bounded wait when disconnected', async () => {
    const { connection, clock, negotiation } = side(false)
    connection.ice('failed')
    await clock.advance(0)
    assert.is(connection.restarts, 1)
    connection.ice('checking')
    connection.ice('failed')
    await clock.advance(1_999)
    assert.is(connection.restarts, 1)
    await clock.advance(1)
    assert.is(connection.restarts, 2)
    connection.ice('connected')
    connection.ice('disconnected')
    await clock.advance(4_999)
    connection.ice('connected')
    await clock.advance(60_000)
    assert.is(connection.restarts, 2, 'it healed in time')
    connection.ice('disconnected')
    await clock.advance(5_000)
    assert.is(connection.restarts, 3)
    connection.ice('failed')
    negotiation.close()
    await clock.advance(60_000)
    assert.is(connection.restarts, 3, 'a closed connection stays as it is')
  })

  test('what the server had no time for is sent again, unless it is pointless by then', async () => {
    const a = side(true)
    a.refusals.push(new SignalboxError('E_RATE', 'slow down', { retryAfterMs: 100 }))
    a.connection.addTrack(fakeTrack())
    await offered(a)
    assert.is(a.sent.length, 1)
    await a.clock.advance(100)
    assert.equal(a.sent[1], a.sent[0])
    a.refusals.push(new SignalboxError('E_RATE', 'slow down', { retryAfterMs: 100 }))
    a.negotiation.receive('offer', { type: 'offer', sdp: 'theirs' })
    await settled()
    a.negotiation.receive('offer', { type: 'offer', sdp: 'theirs again' })
    await settled()
    const count = a.sent.length
    await a.clock.advance(100)
    assert.is(a.sent.length, count, 'the answer to an earlier offer')
    a.refusals.push(new SignalboxError('E_FORBIDDEN', 'no'))
    a.connection.gather('x')
    await settled()
    assert.is(a.errors[0]?.code, 'E_FORBIDDEN')
  })

  test('after close nothing is sent, and nothing reported', async () => {
    const a = side(true)
    a.connection.addTrack(fakeTrack())
    await settled()
    a.negotiation.close()
    await offered(a)
    assert.is(a.clock.waiting, 0)
    a.negotiation.receive('offer', { type: 'offer', sdp: 'theirs' })
    a.connection.gather('x')
    await settled()
    assert.equal(a.sent, [])
    assert.equal(a.errors, [])
  })
})
