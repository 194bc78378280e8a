import * as assert from 'uvu/assert'
import { connect } from '../../client/connect.js'
import type { ConnectOptions } from '../../client/connect-options.js'
import type { SignalboxError } from '../../client/errors.js'
import type { Session } from '../../client/session.js'
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

async function connected(options: ConnectOptions = {}, more: object = {}) {
  const stage = await connecting(options)
  stage.last().say(welcome(undefined, more))
  if (options.room) stage.last().say({ type: 'joined', room: options.room, peers: [] })
  const session = await stage.result
  await stage.clock.advance(0)
  return { ...stage, session }
}

/** What a server that keeps sessions says in `welcome`. */
const resumable = (ticket: string, { resumed = false, lastId = 0 } = {}) => ({
  session: { ticket, windowMs: 30_000, resumed, lastId },
})
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

  test('a lost connection is resumed: ticket and count are offered, the rest is sent again, nobody notices', async () => {
    const { session, last, clock, sockets } = await connected({ room: 'kitchen' }, resumable('t1'))
    const room = session.rooms.get('kitchen')!
    const heard: unknown[] = []
    room.on('message', ({ data }) => heard.push(data))
    room.on('peer-joined', ({ id }) => heard.push(id))
    room.on('peer-left', ({ id }) => heard.push(id))
    room.on('state', ({ state }) => heard.push(state))
    session.on('state', (state) => heard.push('resumed' in state ? state.resumed : state.state))
    last().say({ type: 'peer-joined', room: 'kitchen', peer: ada })
    const [one, two] = [code(room.publish(1)), code(room.publish(2))]
    const peer = room.peers.get(ada.id)!
    last().end(1006)
    const three = code(peer.send(3))
    await clock.advance(0)
    assert.equal(last().protocols, ['signalbox.v1', 'signalbox.resume.t1.2'])
    last().say(welcome('me______________', resumable('t2', { resumed: true, lastId: 1 })))
    assert.equal(last().sent, [
      { type: 'ack', seen: 2 },
      { type: 'publish', room: 'kitchen', data: 2, id: 2 },
      { type: 'signal', room: 'kitchen', to: ada.id, data: 3, id: 3 },
    ])
    last().say(
      { type: 'error', id: 1, code: 'E_RATE', message: 'told once more' },
      { type: 'ack', id: 1 },
      { type: 'publish', room: 'kitchen', from: ada.id, data: 'missed' },
      { type: 'ack', id: 3 },
    )
    assert.equal(await Promise.all([one, two, three]), ['E_RATE', 'resolved', 'resolved'])
    assert.equal(heard, [ada.id, 'reconnecting', 'reconnecting', 'joined', true, 'missed'])
    assert.is(room.peers.get(ada.id), peer)
    last().end(1006)
    await clock.advance(0)
    assert.equal(last().protocols, ['signalbox.v1', 'signalbox.resume.t2.3'], 'each welcome brings a ticket')
    assert.is(sockets.length, 3)
  })

  test('a session that is lost begins anew, and what may have arrived is told', async () => {
    const { session, last, clock } = await connected({ room: 'kitchen' }, resumable('t1'))
    const errors: SignalboxError[] = []
    session.on('error', (error) => errors.push(error))
    const states: unknown[] = []
    session.on('state', (state) => states.push(state))
    const room = session.rooms.get('kitchen')!
    const sent = code(room.publish('sent'))
    last().end(1006)
    const queued = code(room.publish('queued'))
    await clock.advance(0)
    assert.is(last().url.searchParams.get('room'), 'kitchen', 'a session that is lost is in its room at once')
    last().say(
      welcome('me2_____________', resumable('t2')),
      { type: 'error', code: 'E_RESUME', message: 'your session could not be resumed' },
      { type: 'joined', room: 'kitchen', peers: [ada] },
    )
    assert.is(await sent, 'E_SESSION_LOST')
    assert.equal(last().sent, [{ type: 'publish', room: 'kitchen', data: 'queued', id: 1 }])
    last().say({ type: 'ack', id: 1 })
    assert.is(await queued, 'resolved')
    assert.equal(errors, [], 'the state says it')
    assert.equal(states.at(-1), { state: 'open', resumed: false })
    assert.is(room.state, 'joined')
    assert.equal([...room.peers.keys()], [ada.id])
  })

  test('what arrived while listeners were being attached is not lost with the connection', async () => {
    const { session, last, clock } = await connected({}, resumable('t1'))
    const joining = session.join('kitchen')
    last().say({ type: 'joined', id: 1, room: 'kitchen', peers: [ada] })
    const room = await joining
    const heard: unknown[] = []
    room.on('message', ({ data }) => heard.push(data))
    last().say({ type: 'publish', room: 'kitchen', from: ada.id, data: 'just in time' })
    last().end(1006)
    assert.equal(heard, ['just in time'])
    await clock.advance(0)
    assert.is(last().protocols[1], 'signalbox.resume.t1.2')
  })

  test('a join under way survives a resume, whether it was asked for by message or in the URL', async () => {
    const { session, last, clock } = await connected({}, resumable('t1'))
    const joining = session.join('kitchen')
    last().end(1006)
    await clock.advance(0)
    last().say(welcome('me______________', resumable('t2', { resumed: true })))
    assert.equal(last().sent.at(-1), { type: 'join', room: 'kitchen', id: 1 })
    last().say({ type: 'joined', id: 1, room: 'kitchen', peers: [] })
    assert.is((await joining).state, 'joined')

    const other = await connecting({ room: 'cellar' })
    other.last().say(welcome('me______________', resumable('t1')))
    other.last().end(1006)
    await other.clock.advance(0)
    other.last().say(welcome('me______________', resumable('t2', { resumed: true })))
    assert.equal(other.last().sent.at(-1), { type: 'join', room: 'cellar', id: 1 }, 'its refusal may be lost')
    other
      .last()
      .say(
        { type: 'joined', room: 'cellar', peers: [ada] },
        { type: 'error', id: 1, code: 'E_ALREADY_JOINED', message: 'you are in this room already' },
      )
    const room = await (await other.result).join('cellar')
    assert.is(room.state, 'joined')
    assert.is(room.peers.size, 1)
  })

  test('a leaving server gives a ticket for its successor, or takes the last one back', async () => {
    for (const [ticket, offered] of [
      ['t9', ['signalbox.v1', 'signalbox.resume.t9.0']],
      [null, ['signalbox.v1']],
      [undefined, ['signalbox.v1', 'signalbox.resume.t1.0']],
    ] as const) {
      const { last, clock } = await connected({}, resumable('t1'))
      last().say({ type: 'goaway', reason: 'drain', afterMs: 100, ...(ticket !== undefined && { ticket }) })
      const first = last()
      await clock.advance(100)
      assert.is(first.closedWith, 4_000, 'the session is to go on')
      await clock.advance(0)
      assert.equal(last().protocols, offered)
    }
  })

  test('a leaving node names another one: the session goes on there, and is at home where it began if that fails', async () => {
    const { last, clock } = await connected({}, resumable('t1'))
    last().say({ type: 'goaway', reason: 'shutdown', afterMs: 250, url: 'wss://two.example/signal' })
    await clock.advance(250)
    await clock.advance(0)
    assert.is(last().url.href, 'wss://two.example/signal')
    assert.equal(last().protocols, ['signalbox.v1', 'signalbox.resume.t1.0'])
    last().end(1006)
    await clock.advance(1000)
    assert.is.not(last().url.hostname, 'two.example')
    assert.equal(last().protocols, ['signalbox.v1', 'signalbox.resume.t1.0'])
  })

  test('who is said to leave while the server goes has left only if the session goes on', async () => {
    for (const resumed of [true, false]) {
      const { session, last, clock } = await connected({ room: 'kitchen' }, resumable('t1'))
      const room = session.rooms.get('kitchen')!
      last().say(
        { type: 'peer-joined', room: 'kitchen', peer: ada },
        { type: 'goaway', reason: 'shutdown', afterMs: 100, ticket: resumed ? 't2' : null },
        { type: 'peer-left', room: 'kitchen', peer: { id: ada.id } },
      )
      assert.is(room.peers.size, 1)
      last().end(4000)
      await clock.advance(100)
      last().say(welcome('me______________', resumable('t3', { resumed })))
      if (!resumed) last().say({ type: 'joined', room: 'kitchen', peers: [ada] })
      assert.is(room.peers.size, resumed ? 0 : 1)
      last().say({ type: 'peer-left', room: 'kitchen', peer: { id: ada.id } })
      assert.is(room.peers.size, 0)
    }
  })

  test('leaving a room without a connection reaches the server with the next one', async () => {
    const { session, last, clock } = await connected({ room: 'kitchen' }, resumable('t1'))
    last().end(1006)
    const left = session.rooms.get('kitchen')!.leave()
    await clock.advance(0)
    last().say(welcome('me______________', resumable('t2', { resumed: true })))
    assert.equal(last().sent.at(-1), { type: 'leave', room: 'kitchen', id: 1 })
    last().say({ type: 'ack', id: 1 })
    await left
    assert.is(session.rooms.size, 0)
  })

  test('a room that refuses to have us back for now is asked again; for good, it is over', async () => {
    const { session, last, clock } = await connected({ room: 'kitchen' })
    const room = session.rooms.get('kitchen')!
    last().end(1006)
    await clock.advance(0)
    last().say(welcome(), { type: 'error', code: 'E_ROOM_FULL', message: 'full' })
    assert.is(room.state, 'reconnecting')
    await clock.advance(0)
    assert.equal(last().sent, [{ type: 'join', room: 'kitchen', id: 1 }])
    last().say({ type: 'error', id: 1, code: 'E_RATE', message: 'slow down', retryAfterMs: 3_000 })
    await settled()
    await clock.advance(2_999)
    assert.is(last().sent.length, 1)
    await clock.advance(1)
    assert.equal(last().sent.at(-1), { type: 'join', room: 'kitchen', id: 2 })
    last().say({ type: 'joined', id: 2, room: 'kitchen', peers: [] })
    assert.is(room.state, 'joined')

    last().end(1006)
    await clock.advance(0)
    last().say(welcome(), { type: 'error', code: 'E_FORBIDDEN', message: 'no' })
    assert.is(room.state, 'left')
    assert.is(session.rooms.size, 0)
  })

  test('frames are acknowledged soon, and many at once', async () => {
    const { last, clock } = await connected({ room: 'kitchen' })
    await clock.advance(249)
    assert.equal(last().sent, [])
    await clock.advance(1)
    assert.equal(last().sent, [{ type: 'ack', seen: 1 }])
    for (let i = 0; i < 64; i++) last().say({ type: 'publish', room: 'kitchen', from: ada.id, data: i })
    assert.equal(last().sent.at(-1), { type: 'ack', seen: 65 })
    assert.is(last().sent.length, 2)
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

  test('before a lobby a join waits, over a resume too; who is admitted is in', async () => {
    for (const byUrl of [true, false]) {
      const stage = await connecting(byUrl ? { room: 'kitchen' } : {})
      const { last, clock } = stage
      last().say(welcome(undefined, resumable('t1')))
      const session = byUrl ? undefined : await stage.result
      const joining = session?.join('kitchen') ?? stage.result.then((one) => one.join('kitchen'))
      const id = byUrl ? {} : { id: 1 }
      last().say({ type: 'waiting', ...id, room: 'kitchen' }, { type: 'ack', id: byUrl ? 0 : 1 })
      last().say({ type: 'error', code: 'E_RATE', message: 'this is about something else' })
      last().end(1006)
      await clock.advance(0)
      assert.is(last().protocols[1], 'signalbox.resume.t1.1')
      last().say(welcome(undefined, resumable('t2', { resumed: true, lastId: byUrl ? 0 : 1 })))
      assert.equal(last().sent, [{ type: 'ack', seen: 1 }], 'it waits as before')
      last().say({ type: 'joined', ...id, room: 'kitchen', peers: [ada] })
      const room = await joining
      assert.is(room.state, 'joined')
      assert.equal([...room.peers.keys()], [ada.id])
    }
  })

  test('a room says that it waits, knocks again in a new session, and is left at any time', async () => {
    const { session, last, clock } = await connected({}, resumable('t1'))
    const joining = code(session.join('kitchen'))
    const room = session.rooms.get('kitchen')!
    const states: string[] = []
    room.on('state', ({ state }) => states.push(state))
    last().say({ type: 'waiting', id: 1, room: 'kitchen' }, { type: 'ack', id: 1 })
    last().end(1006)
    await clock.advance(0)
    last().say(welcome('me2_____________', resumable('t2')), { type: 'waiting', room: 'kitchen' })
    assert.is(room.state, 'waiting')
    const left = room.leave()
    assert.is(await joining, 'E_NOT_JOINED')
    assert.equal(last().sent, [{ type: 'leave', room: 'kitchen', id: 1 }])
    last().say({ type: 'ack', id: 1 })
    await left
    assert.equal(states, ['waiting', 'left'])
    assert.is(session.rooms.size, 0)
    const told: string[] = []
    session.on('error', (error) => told.push(error.code))
    last().say({ type: 'error', code: 'E_RATE', message: 'slow down' })
    assert.equal(told, ['E_RATE'], 'it isn’t taken for the answer to a join that is over')
  })

  test('denied: the join rejects, and a join after a leave isn’t meant', async () => {
    const { session, last } = await connected()
    const first = code(session.join('kitchen'))
    last().say({ type: 'waiting', id: 1, room: 'kitchen' })
    void session.rooms.get('kitchen')!.leave()
    assert.is(await first, 'E_NOT_JOINED')
    const second = code(session.join('kitchen'))
    const denied = { type: 'denied', room: 'kitchen', code: 'E_NOT_ADMITTED', message: 'no' } as const
    last().say({ ...denied, id: 1 })
    assert.is(session.rooms.get('kitchen')?.state, 'joining')
    last().say({ type: 'waiting', id: 3, room: 'kitchen' }, { ...denied, id: 3 })
    assert.is(await second, 'E_NOT_ADMITTED')
    assert.is(session.rooms.size, 0)
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
