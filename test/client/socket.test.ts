import * as assert from 'uvu/assert'
import { SignalboxError } from '../../client/errors.js'
import { Socket, type SocketOptions, type SocketState } from '../../client/socket.js'
import { suite } from '../suite.js'
import { FakeClock, settled } from './fake-clock.js'
import { fakeSockets, welcome } from './fake-socket.js'

async function started(more: Partial<SocketOptions> = {}) {
  const clock = new FakeClock()
  const { sockets, WebSocket, last } = fakeSockets()
  const states: SocketState[] = []
  const asked: (string | undefined)[] = []
  const socket: Socket = new Socket({
    WebSocket,
    clock,
    reconnect: {},
    renewable: false,
    address: async (override) => {
      asked.push(override)
      return { url: override ?? 'ws://a.example/signal', protocols: ['signalbox.v1'] }
    },
    onMessage: () => {},
    onPing: () => socket.send(JSON.stringify({ type: 'ack', seen: 7 })),
    onState: (state) => states.push(state),
    ...more,
  })
  socket.start()
  await settled()
  const state = () => states.at(-1)! as SocketState & { error: SignalboxError; retryInMs: number }
  return { socket, clock, sockets, last, states, state, asked }
}

suite('client socket', (test) => {
  test('is open with welcome, and answers pings', async () => {
    const { socket, last, state } = await started()
    assert.is(state().state, 'connecting')
    assert.not(socket.send('{}'), 'nothing may be sent before welcome')
    last().say(welcome())
    assert.is(state().state, 'open')
    last().say({ type: 'ping' })
    assert.equal(last().sent, [{ type: 'ack', seen: 7 }])
  })

  test('a first connection that fails is the end: whoever waits for it must know', async () => {
    const { last, state, clock, sockets } = await started()
    last().end(1006)
    assert.is(state().state, 'closed')
    assert.is(state().error.code, 'E_UNREACHABLE')
    await clock.advance(60_000)
    assert.is(sockets.length, 1)
    assert.is(clock.waiting, 0)
  })

  test('a server that never says welcome counts as not reached', async () => {
    const { last, state, clock } = await started()
    await clock.advance(10_000)
    assert.is(state().error.code, 'E_UNREACHABLE')
    assert.is(last().closedWith, 1000)
  })

  test('a refused token ends it with what the server said', async () => {
    const { last, state } = await started()
    last().say({ type: 'error', code: 'E_AUTH', message: 'the token is missing or not valid' })
    last().end(4501)
    assert.is(state().state, 'closed')
    assert.is(state().error.code, 'E_AUTH')
    assert.is(state().error.message, 'the token is missing or not valid')
  })

  test('a lost connection comes back by itself, each failure after a longer wait', async () => {
    const { last, state, clock, sockets } = await started()
    clock.dice = 0.999
    last().say(welcome())
    last().end(1006)
    assert.is(state().state, 'reconnecting')
    assert.is(state().retryInMs, 249)
    await clock.advance(248)
    assert.is(sockets.length, 1)
    await clock.advance(1)
    assert.is(sockets.length, 2)
    last().end(1006)
    assert.is(state().retryInMs, 499)
    await clock.advance(499)
    last().say(welcome())
    assert.is(state().state, 'open')
  })

  test('close codes decide whether to come back', async () => {
    for (const [code, expected] of [
      [4000, 'reconnecting'],
      [4003, 'reconnecting'],
      [1001, 'reconnecting'],
      [1012, 'reconnecting'],
      [4501, 'closed'],
      [4999, 'closed'],
      [1009, 'closed'],
      [1002, 'closed'],
    ] as const) {
      const { last, state } = await started()
      last().say(welcome())
      last().end(code)
      assert.is(state().state, expected, `${code}`)
    }
  })

  test('an expired token is renewed where the app can, once a connection', async () => {
    const fixed = await started()
    fixed.last().say(welcome())
    fixed.last().end(4502)
    assert.is(fixed.state().state, 'closed')
    const { last, state, clock } = await started({ renewable: true })
    last().say(welcome())
    last().end(4502)
    assert.is(state().state, 'reconnecting')
    await clock.advance(250)
    last().end(4502)
    assert.is(state().state, 'closed', 'the fresh token was no better')
  })

  test('without reconnect the first loss is the end', async () => {
    const { last, state } = await started({ reconnect: false })
    last().say(welcome())
    last().end(1006)
    assert.is(state().state, 'closed')
    assert.is(state().error.code, 'E_DISCONNECTED')
  })

  test('silence is a dead connection, but any message is a sign of life', async () => {
    const { last, state, clock } = await started()
    last().say(welcome())
    const first = last()
    await clock.advance(21_000)
    first.say({ type: 'ping' })
    await clock.advance(21_999)
    assert.is(state().state, 'open')
    await clock.advance(1)
    assert.is(state().state, 'reconnecting', 'pingMs and two seconds')
    assert.is(first.closedWith, 4_000, '1000 would end the session')
    await clock.advance(250)
    last().say(welcome())
    first.end(1006)
    first.say({ type: 'ping' })
    assert.is(state().state, 'open', 'the dead socket has nothing to say any more')
  })

  test('after sleep silence is noticed within two seconds, or when the page is looked at', async () => {
    for (const looks of [false, true]) {
      const { socket, last, state, clock, sockets } = await started()
      last().say(welcome())
      clock.sleep(600_000)
      if (looks) socket.wake()
      else await clock.advance(2_000)
      assert.is(state().state, 'reconnecting')
      await clock.advance(looks ? 0 : 250)
      assert.is(sockets.length, 2)
    }
  })

  test('looking at the page disturbs no connection that lives', async () => {
    const { socket, last, state, clock, sockets } = await started()
    last().say(welcome())
    clock.sleep(20_000)
    last().say({ type: 'ping' })
    socket.wake()
    await settled()
    assert.is(state().state, 'open')
    assert.is(sockets.length, 1)
  })

  test('another network: what was connected or connecting over the old one begins anew, at once', async () => {
    const { socket, last, state, clock, sockets } = await started()
    socket.rewire()
    assert.is(sockets.length, 1, 'the first attempt is whoever waits for it')
    last().say(welcome())
    socket.rewire()
    await settled()
    assert.is(sockets.length, 2)
    assert.is(sockets[0]!.closedWith, 4_000)
    socket.rewire()
    await settled()
    assert.is(sockets.length, 3, 'a handshake into the void is given up too')
    last().say(welcome())
    assert.is(state().state, 'open')
    await clock.advance(10_000)
    assert.is(sockets.length, 3)
  })

  test('an address that fails after its attempt was given up disturbs nobody', async () => {
    let fail = (_: Error) => {}
    let late = false
    const address = () =>
      late
        ? new Promise<never>((_, reject) => {
            fail = reject
          })
        : Promise.resolve({ url: 'ws://a.example/signal', protocols: [] })
    const { last, state, clock } = await started({ address })
    clock.dice = 0
    last().say(welcome())
    late = true
    last().end(1006)
    await clock.advance(0)
    late = false
    await clock.advance(10_000)
    last().say(welcome())
    assert.is(state().state, 'open')
    fail(new Error('too late'))
    await settled()
    assert.is(state().state, 'open')
  })

  test('wake begins a waiting attempt at once, and only one', async () => {
    const { socket, last, clock, sockets } = await started()
    last().say(welcome())
    socket.wake()
    assert.is(sockets.length, 1)
    last().end(1006)
    socket.wake()
    socket.wake()
    await settled()
    assert.is(sockets.length, 2)
    await clock.advance(5_000)
    assert.is(sockets.length, 2)
  })

  test('goaway: moves when the server says, to where it says, and back when that fails', async () => {
    const { last, state, clock, asked } = await started()
    clock.dice = 0
    last().say(welcome(), { type: 'goaway', reason: 'drain', afterMs: 3_000, url: 'ws://b.example/signal' })
    await clock.advance(2_999)
    assert.is(state().state, 'open')
    await clock.advance(1)
    await settled()
    assert.is(state().state, 'reconnecting')
    await clock.advance(0)
    assert.equal(asked, [undefined, 'ws://b.example/signal'])
    last().end(1006)
    await clock.advance(0)
    assert.is(asked.at(-1), undefined)
  })

  test('a server that leaves earlier than it said is given its time', async () => {
    const { last, state, clock } = await started()
    clock.dice = 0
    last().say(welcome(), { type: 'goaway', reason: 'drain', afterMs: 3_000 })
    last().end(4000)
    assert.is(state().retryInMs, 3_000)
    await clock.advance(2_999)
    assert.is(state().state, 'reconnecting')
  })

  test('a busy server says when to come back', async () => {
    const { last, state, clock } = await started()
    clock.dice = 0
    last().say(welcome())
    last().say({ type: 'error', code: 'E_BUSY', message: 'full', retryAfterMs: 2_000 })
    last().end(4003)
    assert.is(state().retryInMs, 2_000)
  })

  test('something else than a Signalbox server is said to be that', async () => {
    const { last, state } = await started()
    last().sayText('<html>')
    assert.is(state().error.code, 'E_PROTOCOL')
  })

  test('close ends everything: no timer, no attempt, no second close', async () => {
    const { socket, last, states, clock, sockets } = await started()
    last().say(welcome(), { type: 'goaway', reason: 'drain', afterMs: 3_000 })
    socket.close(new SignalboxError('E_CLOSED', 'done'))
    socket.close(new SignalboxError('E_CLOSED', 'done again'))
    last().end(1006)
    await clock.advance(60_000)
    assert.is(sockets.length, 1)
    assert.is(clock.waiting, 0)
    assert.equal(
      states.map(({ state }) => state),
      ['connecting', 'open', 'closed'],
    )
  })
})
