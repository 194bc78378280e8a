import * as assert from 'uvu/assert'
import { connect } from '../../client/connect.js'
import type { SignalboxError } from '../../client/errors.js'
import type { ConnectOptions, Session } from '../../client/session.js'
import { suite } from '../suite.js'
import { FakeClock, settled } from './fake-clock.js'
import { fakeSockets, welcome } from './fake-socket.js'

async function connecting(options: ConnectOptions = {}) {
  const clock = new FakeClock()
  clock.dice = 0
  const { sockets, WebSocket, last } = fakeSockets()
  const result = connect('ws://a.example/signal', { WebSocket, clock, ...options })
  result.catch(() => {})
  await settled()
  return { result, clock, sockets, last }
}

async function connected(options: ConnectOptions = {}) {
  const stage = await connecting(options)
  stage.last().say(welcome())
  if (options.room) stage.last().say({ type: 'joined', room: options.room, peers: [] })
  const session = await stage.result
  await stage.clock.advance(0)
  return { ...stage, session }
}

const ada = { id: 'ada_____________', data: { name: 'Ada' }, polite: true }
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: SignalboxError) => error.code,
  )

suite('client session', (test) => {
  test('connects with welcome', async () => {
    const { session, last } = await connected()
    assert.is(session.state, 'open')
    assert.is(session.id, 'me______________')
    assert.is(session.limits?.membersPerRoom, 64)
    assert.equal(last().protocols, ['signalbox.v1'])
    assert.is(last().url.search, '')
  })

  test('a room in the options joins in the handshake', async () => {
    const { result, last } = await connecting({ room: 'kitchen', data: { name: 'Bo' }, token: 't' })
    assert.is(last().url.searchParams.get('room'), 'kitchen')
    assert.equal(JSON.parse(last().url.searchParams.get('data')!), { name: 'Bo' })
    assert.is(last().protocols[1], 'signalbox.token.dA')
    last().say(welcome(), { type: 'joined', room: 'kitchen', peers: [ada] })
    const session = await result
    const room = await session.join('kitchen')
    assert.equal([...room.peers.keys()], [ada.id])
    assert.equal(last().sent, [], 'one round trip: nothing had to be sent')
  })

  test('a refused connection rejects with the server’s code, and is over', async () => {
    const { result, last, clock, sockets } = await connecting()
    last().say({ type: 'error', code: 'E_AUTH', message: 'no' })
    last().end(4501)
    assert.is(await code(result), 'E_AUTH')
    await clock.advance(60_000)
    assert.is(sockets.length, 1)
  })

  test('a refused room of the handshake rejects, and closes', async () => {
    const { result, last } = await connecting({ room: 'vault' })
    last().say(welcome(), { type: 'error', code: 'E_FORBIDDEN', message: 'no' })
    assert.is(await code(result), 'E_FORBIDDEN')
    assert.is(last().closedWith, 1000)
  })

  test('no WebSocket, no URL: said before anything is tried', async (defer) => {
    const native = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
    Reflect.deleteProperty(globalThis, 'WebSocket')
    defer(() => native && Object.defineProperty(globalThis, 'WebSocket', native))
    assert.is(await code(connect('ws://a.example/signal')), 'E_SETUP')
    assert.is(await code(connect('mailto:a@b.example')), 'E_SETUP')
  })

  test('join resolves on joined, rejects on the error that carries its id', async () => {
    const { session, last, clock } = await connected()
    const kitchen = session.join('kitchen', { data: { name: 'Bo' } })
    const vault = code(session.join('vault'))
    assert.equal(last().sent, [
      { type: 'join', room: 'kitchen', data: { name: 'Bo' }, id: 1 },
      { type: 'join', room: 'vault', id: 2 },
    ])
    last().say(
      { type: 'joined', id: 1, room: 'kitchen', peers: [ada] },
      { type: 'error', id: 2, code: 'E_FORBIDDEN', message: 'your grants do not allow this' },
    )
    assert.is((await kitchen).peers.get(ada.id)?.id, ada.id)
    await clock.advance(0)
    assert.is(await vault, 'E_FORBIDDEN')
    assert.equal([...session.rooms.keys()], ['kitchen'])
  })

  test('joining twice gives the same room; new metadata updates it', async () => {
    const { session, last, clock } = await connected()
    const [first, second] = [session.join('kitchen'), session.join('kitchen')]
    last().say({ type: 'joined', id: 1, room: 'kitchen', peers: [] })
    assert.is(await first, await second)
    await clock.advance(0)
    const third = session.join('kitchen', { data: 'new' })
    await settled()
    assert.equal(last().sent.at(-1), { type: 'update', room: 'kitchen', data: 'new', id: 2 })
    last().say({ type: 'ack', id: 2 })
    assert.is(await third, await first)
  })

  test('what arrives right behind joined waits until listeners could be attached', async () => {
    const { session, last, clock } = await connected()
    const joining = session.join('kitchen')
    last().say(
      { type: 'joined', id: 1, room: 'kitchen', peers: [ada] },
      { type: 'publish', room: 'kitchen', from: ada.id, data: 'hi' },
      { type: 'peer-left', room: 'kitchen', peer: { id: ada.id } },
    )
    const room = await joining
    const heard: string[] = []
    room.on('message', ({ data }) => heard.push(String(data)))
    room.on('peer-left', ({ id }) => heard.push(id))
    await clock.advance(0)
    assert.equal(heard, ['hi', ada.id])
  })

  test('counts the frames that a server numbers, and no others', async () => {
    const { last } = await connected({ room: 'kitchen' })
    const room = 'kitchen'
    last().say(
      { type: 'peer-joined', room, peer: ada },
      { type: 'peer-updated', room, peer: ada },
      { type: 'publish', room, from: ada.id, data: 1 },
      { type: 'signal', room, from: ada.id, data: 1 },
      { type: 'offer', room, from: 'stranger', data: 1 },
      { type: 'answer', room, from: 'stranger', data: 1 },
      { type: 'candidate', room, from: 'stranger', data: null },
      { type: 'publish', room: 'another', from: ada.id, data: 1 },
      { type: 'peer-left', room, peer: ada },
      { type: 'ack', id: 0 },
      { type: 'error', code: 'E_RATE', message: 'slow down' },
      { type: 'ping' },
    )
    assert.equal(last().sent, [{ type: 'ack', seen: 10 }])
  })

  test('after a loss all rooms are joined again, the first in the handshake, numbers from 1', async () => {
    const { session, last, clock } = await connected({ room: 'kitchen', data: 'k' })
    const cellar = session.join('cellar', { data: 'c' })
    last().say({ type: 'joined', id: 1, room: 'cellar', peers: [] })
    await cellar
    await clock.advance(0)
    last().end(1006)
    assert.is((await cellar).state, 'reconnecting')
    await clock.advance(0)
    assert.is(last().url.searchParams.get('room'), 'kitchen')
    last().say(welcome('me2_____________'))
    assert.equal(last().sent, [{ type: 'join', room: 'cellar', data: 'c', id: 1 }])
    last().say(
      { type: 'joined', room: 'kitchen', peers: [] },
      { type: 'joined', id: 1, room: 'cellar', peers: [] },
      { type: 'ping' },
    )
    assert.is((await cellar).state, 'joined')
    assert.equal(last().sent.at(-1), { type: 'ack', seen: 2 }, 'counting begins again too')
    assert.is(session.id, 'me2_____________')
  })

  test('a join that was lost with the connection is made again', async () => {
    const { session, last, clock } = await connected()
    const joining = session.join('kitchen')
    last().end(1006)
    await clock.advance(0)
    last().say(welcome(), { type: 'joined', room: 'kitchen', peers: [] })
    assert.is((await joining).state, 'joined')
  })

  test('a joined of a membership that is over is not taken for the next one', async () => {
    const { session, last, clock } = await connected({ room: 'kitchen' })
    const first = await session.join('kitchen')
    void first.leave()
    const again = session.join('kitchen')
    last().say({ type: 'ack', id: 1 }, { type: 'joined', id: 2, room: 'kitchen', peers: [ada] })
    const second = await again
    await clock.advance(0)
    assert.is(first.state, 'left')
    assert.is(second.state, 'joined')
    assert.is(second.peers.size, 1)
    assert.is(first.peers.size, 0)
  })

  test('leaving a room whose handshake is under way', async () => {
    const { session, last, clock } = await connected({ room: 'kitchen' })
    last().end(1006)
    await clock.advance(0)
    void session.rooms.get('kitchen')!.leave()
    last().say(welcome(), { type: 'joined', room: 'kitchen', peers: [] })
    assert.equal(last().sent, [{ type: 'leave', room: 'kitchen', id: 1 }])
  })

  test('a token function is asked at each connection', async () => {
    let asked = 0
    const { last, clock, session } = await connected({ token: async () => `t${++asked}` })
    last().end(1006)
    await clock.advance(0)
    assert.is(last().protocols[1], 'signalbox.token.dDI')
    last().say(welcome())
    assert.is(session.state, 'open')
  })

  test('a token function that fails: an error at first, patience later', async () => {
    let failing = true
    const token = () => (failing ? Promise.reject(new Error('no token today')) : 'fine')
    const { result } = await connecting({ token })
    assert.is(await code(result), 'E_TOKEN')
    failing = false
    const { session, last, clock } = await connected({ token })
    failing = true
    clock.dice = 0.5
    last().end(1006)
    await clock.advance(125)
    assert.is(session.state, 'reconnecting')
    assert.is(session.error?.code, 'E_TOKEN')
    failing = false
    await clock.advance(10_000)
    last().say(welcome())
    assert.is(session.state, 'open')
  })

  test('a leaving server cannot talk us out of encryption', async () => {
    const clock = new FakeClock()
    clock.dice = 0
    const { WebSocket, last } = fakeSockets()
    const result = connect('wss://a.example/signal', { WebSocket, clock })
    await settled()
    last().say(welcome(), { type: 'goaway', reason: 'drain', afterMs: 0, url: 'ws://evil.example/signal' })
    await result
    await clock.advance(0)
    await clock.advance(0)
    assert.is(last().url.href, 'wss://a.example/signal')
  })

  test('close says bye, leaves the rooms, and fails what waits', async () => {
    const { session, last, clock } = await connected({ room: 'kitchen' })
    const room = session.rooms.get('kitchen')!
    const waiting = code(room.publish(1))
    const joining = code(session.join('cellar'))
    session.close()
    session.close()
    assert.equal(last().sent.at(-1), { type: 'bye' })
    assert.is(last().closedWith, 1000)
    assert.is(await waiting, 'E_CLOSED')
    assert.is(await joining, 'E_CLOSED')
    assert.is(await code(session.join('attic')), 'E_CLOSED')
    assert.is(room.state, 'left')
    assert.is(session.state, 'closed')
    await clock.advance(60_000)
    assert.is(clock.waiting, 0)
  })

  test('errors that belong to no call are told', async () => {
    const { session, last } = await connected()
    const told: SignalboxError[] = []
    ;(session as Session).on('error', (error) => told.push(error))
    last().say({ type: 'error', code: 'E_RATE', message: 'slow down', retryAfterMs: 5 })
    assert.is(told[0]?.code, 'E_RATE')
    assert.is(told[0]?.retryAfterMs, 5)
  })
})
