import * as assert from 'uvu/assert'
import type { ConnectOptions } from '../../client/connect-options.js'
import { suite } from '../suite.js'
import type { FakeConnection } from './fake-connection.js'
import { FakeHub } from './fake-hub.js'
import { call, enter, only } from './guest.js'

/** What a browser's statistics hold, as far as it is of interest, when so much has come and gone. */
const statistics = ({ received = 0, lost = 0, bytes = 0 }) => [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'used' },
  { id: 'spare', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 9 },
  { id: 'used', type: 'candidate-pair', state: 'succeeded', currentRoundTripTime: 0.0123 },
  { id: 'a', type: 'inbound-rtp', jitter: 0.002, packetsReceived: received, packetsLost: 0 },
  {
    id: 'v',
    type: 'inbound-rtp',
    jitter: 0.0304,
    packetsLost: lost,
    bytesReceived: bytes,
    framesPerSecond: 24,
  },
  { id: 'o', type: 'outbound-rtp', bytesSent: 2 * bytes },
  { id: 'r', type: 'remote-inbound-rtp', packetsLost: 7_000, jitter: 9 },
]

/** Ada, who reports, in a call with Bo. */
async function reporting(stats: ConnectOptions['stats']) {
  const hub = new FakeHub()
  const [ada, bo] = await call(hub, [{ ...(stats !== undefined && { stats }) }])
  const told = () => ada.socket().sent.filter(({ type }) => type === 'stats')
  return { hub, ada, bo, told, connection: ada.connections[0] as FakeConnection }
}

suite('client call quality', (test) => {
  test('tells of each connection: first the moment, then what came since', async () => {
    const { ada, told, connection } = await reporting(true)
    connection.statistics = statistics({ received: 1_000, lost: 100, bytes: 5_000 })
    await ada.clock.advance(10_000)
    const peer = only(ada.room).id
    const moment = { peer, rttMs: 12.3, jitterMs: 30.4, framesPerSecond: 24 }
    assert.equal(told(), [{ type: 'stats', room: 'kitchen', data: { peers: [moment] } }])
    connection.statistics = statistics({ received: 1_099, lost: 101, bytes: 1_005_000 })
    await ada.clock.advance(10_000)
    const since = { lossRatio: 0.01, receivedBitsPerSecond: 800_000, sentBitsPerSecond: 1_600_000 }
    assert.equal(told()[1], { type: 'stats', room: 'kitchen', data: { peers: [{ ...moment, ...since }] } })
  })

  test('counts that shrink are no rate below zero; what a browser does not know is left out', async () => {
    const { ada, told, connection } = await reporting({ everyMs: 2_000 })
    connection.statistics = statistics({ received: 1_000, lost: 100, bytes: 5_000 })
    await ada.clock.advance(2_000)
    connection.statistics = [{ id: 'x' }]
    await ada.clock.advance(2_000)
    const nothing = { peer: only(ada.room).id, receivedBitsPerSecond: 0, sentBitsPerSecond: 0 }
    assert.equal(told().at(-1), { type: 'stats', room: 'kitchen', data: { peers: [nothing] } })
  })

  test('where no transport names a pair, the one that is nominated counts', async () => {
    const { ada, told, connection } = await reporting({ everyMs: 1 })
    connection.statistics = statistics({}).filter(({ id }) => id === 'spare')
    await ada.clock.advance(10_000)
    const data = { peers: [{ peer: only(ada.room).id, rttMs: 9_000 }] }
    assert.equal(told()[0], { type: 'stats', room: 'kitchen', data })
    assert.is(told().length, 10, 'once a second at most')
  })

  test('nothing by default, without a connection, of one that fails, while away, and after the end', async () => {
    const silent = await reporting(undefined)
    silent.connection.statistics = statistics({})
    await silent.ada.clock.advance(30_000)
    assert.equal(silent.told(), [])

    const { hub, ada, told, connection } = await reporting(true)
    await ada.clock.advance(10_000) // its statistics can't be had
    assert.equal(told(), [])
    connection.statistics = statistics({})
    const socket = ada.socket()
    hub.restart(() => false)
    await ada.clock.advance(10_000)
    assert.equal(
      socket.sent.filter(({ type }) => type === 'stats'),
      [],
    )
    ada.session.close()
    assert.is(ada.clock.waiting, 0)

    const alone = await enter(new FakeHub(), 'Cy', { stats: true })
    await alone.clock.advance(10_000)
    assert.equal(
      alone.socket().sent.filter(({ type }) => type === 'stats'),
      [],
    )
  })
})
