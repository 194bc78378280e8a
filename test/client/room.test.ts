import * as assert from 'uvu/assert'
import { connect } from '../../client/connect.js'
import type { SignalboxError } from '../../client/errors.js'
import type { Room } from '../../client/room.js'
import type { Json } from '../../core/protocol.js'
import { suite } from '../suite.js'
import { FakeClock, settled } from './fake-clock.js'
import { type FakeConnection, fakeConnections, fakeTrack } from './fake-connection.js'
import { FakeHub } from './fake-hub.js'

/** A client in the room `kitchen`, and what its room said. */
async function enter(hub: FakeHub, data: Json = null, webrtc = true) {
  const clock = new FakeClock()
  clock.dice = 0
  const { connections, RTCPeerConnection } = fakeConnections()
  const session = await connect('ws://a.example/signal', {
    WebSocket: hub.WebSocket,
    room: 'kitchen',
    data,
    clock,
    ...(webrtc && { RTCPeerConnection }),
  })
  const room = await session.join('kitchen')
  const heard: string[] = []
  room.on('peer-joined', ({ data }) => heard.push(`joined ${data}`))
  room.on('peer-left', ({ data }) => heard.push(`left ${data}`))
  room.on('peer-updated', ({ data }) => heard.push(`updated ${data}`))
  room.on('message', ({ peer, data, direct }) => heard.push(`${peer.data}${direct ? ' to me' : ''}: ${data}`))
  room.on('peer-state', ({ peer, state }) => heard.push(`${peer.data} ${state}`))
  room.on('state', ({ state }) => heard.push(state))
  room.on('error', ({ error }) => heard.push(`error ${error.code}`))
  const socket = () => hub.sockets.find((one) => one.url.searchParams.get('data') === JSON.stringify(data))!
  await clock.advance(0)
  return { session, room, clock, connections, heard, socket }
}

type Guest = Awaited<ReturnType<typeof enter>>

async function calm(...guests: Guest[]): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    for (const { clock } of guests) await clock.advance(50)
    await settled()
  }
}

const only = (room: Room) => [...room.peers.values()][0]!
const open = (connections: FakeConnection[]) =>
  connections.filter(({ signalingState }) => signalingState !== 'closed')
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: SignalboxError) => error.code,
  )

suite('client room', (test) => {
  test('peers come, change and go', async () => {
    const hub = new FakeHub()
    const ada = await enter(hub, 'Ada')
    const bo = await enter(hub, 'Bo')
    await calm(ada, bo)
    assert.equal(
      [...bo.room.peers.values()].map(({ data }) => data),
      ['Ada'],
    )
    assert.ok(only(bo.room).polite)
    assert.not(only(ada.room).polite)
    await bo.room.update('Bob')
    assert.is(bo.room.data, 'Bob')
    await bo.room.leave()
    await calm(ada, bo)
    assert.equal(ada.heard, ['joined Bo', 'updated Bob', 'left Bob'])
    assert.is(ada.room.peers.size, 0)
    assert.equal(bo.heard, ['left'])
  })

  test('messages to all, to one, and to nobody', async () => {
    const hub = new FakeHub()
    const [ada, bo, cy] = [await enter(hub, 'Ada'), await enter(hub, 'Bo'), await enter(hub, 'Cy')]
    await ada.room.publish('hello')
    await only(bo.room).send('psst')
    await calm(ada, bo, cy)
    assert.equal(ada.heard.slice(-1), ['Bo to me: psst'])
    assert.equal(bo.heard.slice(-1), ['Ada: hello'])
    assert.equal(cy.heard, ['Ada: hello'])
    assert.is(await code(ada.room.send('nobody__________', 1)), 'E_NO_PEER')
    await bo.room.leave()
    assert.is(await code(bo.room.publish(1)), 'E_NOT_JOINED')
  })

  test('a track connects to everyone present and everyone who comes', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    await calm(ada, bo)
    assert.is(ada.connections.length, 0, 'nobody connects without a reason')
    const track = fakeTrack()
    ada.room.addTrack(track)
    await calm(ada, bo)
    assert.is(bo.connections.length, 1)
    assert.is(bo.connections[0]!.signalingState, 'stable')
    assert.is(bo.connections[0]!.remoteDescription?.sdp, ada.connections[0]!.localDescription?.sdp)
    const cy = await enter(hub, 'Cy')
    await calm(ada, bo, cy)
    assert.is(ada.connections.length, 2)
    assert.is(cy.connections.length, 1, 'Bo sends nothing, so Cy and Bo need no connection')
    assert.is(ada.connections[1]!.senders[0]!.track, track)
    assert.equal(ada.connections[0]!.configuration.iceServers, [{ urls: ['stun:stun.example'] }])
  })

  test('both add tracks at the same moment: one connection, both settled', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    await calm(ada, bo)
    ada.room.addTrack(fakeTrack())
    bo.room.addTrack(fakeTrack())
    await calm(ada, bo)
    const [a, b] = [ada.connections[0]!, bo.connections[0]!]
    assert.is(a.signalingState, 'stable')
    assert.is(b.signalingState, 'stable')
    assert.is(b.rollbacks, 0, 'the later one is polite, and waited')
    assert.is(b.remoteDescription?.sdp, a.localDescription?.sdp)
    assert.is(ada.connections.length + bo.connections.length, 2)
  })

  test('tracks are removed and replaced in a call, with negotiation only where needed', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    const [camera, other, stubborn] = [fakeTrack(), fakeTrack(), fakeTrack({ stubborn: true })]
    ada.room.addTrack(camera)
    ada.room.addTrack(camera)
    await calm(ada, bo)
    const connection = ada.connections[0]!
    const sdp = connection.localDescription?.sdp
    await ada.room.replaceTrack(camera, other)
    await calm(ada, bo)
    assert.equal(
      connection.senders.map(({ track }) => track),
      [other],
    )
    assert.is(connection.localDescription?.sdp, sdp)
    await ada.room.replaceTrack(other, stubborn)
    await calm(ada, bo)
    assert.equal(
      connection.senders.map(({ track }) => track),
      [stubborn],
    )
    assert.is.not(connection.localDescription?.sdp, sdp)
    ada.room.removeTrack(stubborn)
    await calm(ada, bo)
    assert.equal(connection.senders, [])
    assert.equal(ada.room.tracks, [])
    assert.is(bo.connections[0]!.remoteDescription?.sdp, connection.localDescription?.sdp)
  })

  test('a data channel alone makes a connection, and every connection is announced first', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    await calm(ada, bo)
    const announced: RTCPeerConnection[] = []
    ada.room.on('connection', ({ connection }) => announced.push(connection))
    only(ada.room).createDataChannel('chat')
    await calm(ada, bo)
    assert.is(announced[0], only(ada.room).connection)
    assert.is(bo.connections[0]!.signalingState, 'stable')
  })

  test('who leaves takes the connections along', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    ada.room.addTrack(fakeTrack())
    await calm(ada, bo)
    const peer = only(ada.room)
    await bo.room.leave()
    await calm(ada, bo)
    assert.equal(open(ada.connections), [])
    assert.equal(open(bo.connections), [])
    assert.is(peer.connection, undefined)
    assert.throws(
      () => peer.connect(),
      (error: SignalboxError) => error.code === 'E_NO_PEER',
    )
  })

  test('after a loss: the same peers stay, connections begin anew, politeness follows the server', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    await calm(ada, bo)
    ada.room.addTrack(fakeTrack())
    bo.room.addTrack(fakeTrack())
    await calm(ada, bo)
    const before = only(ada.room)
    ada.heard.length = 0
    hub.cut(ada.socket())
    assert.is(ada.room.state, 'reconnecting')
    assert.is(ada.room.peers.size, 1, 'meanwhile everything stays as it was')
    assert.is(open(ada.connections).length, 1)
    assert.is(await code(ada.room.publish('lost')), 'E_DISCONNECTED')
    await calm(ada, bo)
    assert.equal(ada.heard, ['reconnecting', 'Bo closed', 'joined'])
    assert.is(only(ada.room), before)
    assert.ok(before.polite, 'now the later one')
    assert.equal(
      bo.heard.filter((line) => !line.includes('closed')),
      ['left Ada', 'joined Ada'],
    )
    const [a, b] = [open(ada.connections), open(bo.connections)]
    assert.is(a.length, 1)
    assert.is(b.length, 1)
    assert.is(a[0]!.signalingState, 'stable')
    assert.is(a[0]!.senders.length, 1)
    assert.is(a[0]!.remoteDescription?.sdp, b[0]!.localDescription?.sdp)
  })

  test('who came and went during a loss is told afterwards', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    await calm(ada, bo)
    ada.heard.length = 0
    ada.clock.dice = 0.9
    hub.cut(ada.socket())
    await bo.room.leave()
    const cy = await enter(hub, 'Cy')
    await ada.clock.advance(250)
    await calm(ada, cy)
    assert.equal(ada.heard, ['reconnecting', 'left Bo', 'joined Cy', 'joined'])
  })

  test('an update during a loss travels with the next join', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    await calm(ada, bo)
    hub.cut(ada.socket())
    const updated = ada.room.update('Ada, back')
    await calm(ada, bo)
    await updated
    assert.is(only(bo.room).data, 'Ada, back')
  })

  test('without WebRTC signaling works, and tracks are refused clearly', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo', false)]
    await calm(ada, bo)
    ada.room.addTrack(fakeTrack())
    await calm(ada, bo)
    await ada.room.publish('still here')
    await calm(ada, bo)
    assert.equal(bo.heard, ['Ada: still here'])
    assert.throws(
      () => bo.room.addTrack(fakeTrack()),
      (error: SignalboxError) => error.code === 'E_NO_WEBRTC',
    )
  })

  test('a broken description of a peer is told, and the room goes on', async () => {
    const hub = new FakeHub()
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo')]
    await calm(ada, bo)
    bo.socket().send(
      JSON.stringify({
        type: 'offer',
        id: 1,
        room: 'kitchen',
        to: only(bo.room).id,
        data: { type: 'offer', sdp: 'broken' },
      }),
    )
    await calm(ada, bo)
    assert.equal(ada.heard, ['joined Bo', 'error E_NEGOTIATION'])
    assert.is(ada.room.state, 'joined')
  })
})
