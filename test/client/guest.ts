/** Members of a room with everything behind them faked: time, connections and the hub. */

import * as assert from 'uvu/assert'
import { connect } from '../../client/connect.js'
import type { ConnectOptions } from '../../client/connect-options.js'
import type { SignalboxError } from '../../client/errors.js'
import type { Room } from '../../client/room.js'
import type { Json } from '../../core/protocol.js'
import { FakeClock } from './fake-clock.js'
import { type FakeConnection, fakeConnections, fakeTrack } from './fake-connection.js'
import type { FakeHub } from './fake-hub.js'
import { proofsMade } from './pending-proofs.js'

/** A client in the room `kitchen`, and what its room said. */
export async function enter(
  hub: FakeHub,
  data: Json = null,
  { webrtc = true, ...options }: Partial<ConnectOptions> & { webrtc?: boolean } = {},
) {
  const clock = new FakeClock()
  clock.dice = 0
  const { connections, RTCPeerConnection } = fakeConnections()
  const session = await connect('ws://a.example/signal', {
    WebSocket: hub.WebSocket,
    room: 'kitchen',
    data,
    clock,
    ...(webrtc && { RTCPeerConnection }),
    ...options,
  })
  const room = await session.join('kitchen')
  const heard: string[] = []
  room.on('peer-joined', ({ data }) => heard.push(`joined ${data}`))
  room.on('peer-left', ({ data }) => heard.push(`left ${data}`))
  room.on('peer-updated', ({ data }) => heard.push(`updated ${data}`))
  room.on('peer-renamed', ({ peer, formerId }) => {
    heard.push(`renamed ${peer.data}`)
    assert.is.not(peer.id, formerId)
    assert.is(room.peers.get(peer.id), peer)
    assert.not(room.peers.has(formerId))
  })
  room.on('message', ({ peer, data, direct }) => heard.push(`${peer.data}${direct ? ' to me' : ''}: ${data}`))
  room.on('peer-state', ({ peer, state }) => heard.push(`${peer.data} ${state}`))
  room.on('state', ({ state }) => heard.push(state))
  room.on('error', ({ error }) => heard.push(`error ${error.code}`))
  const socket = () => hub.sockets.find((one) => one.url.searchParams.get('data') === JSON.stringify(data))!
  await clock.advance(0)
  return { session, room, clock, connections, heard, socket }
}

export type Guest = Awaited<ReturnType<typeof enter>>

export async function calm(...guests: Guest[]): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    for (const { clock } of guests) await clock.advance(50)
    await proofsMade()
  }
}

/** Ada and Bo in a call that stands; what they heard so far is forgotten. */
export async function call(hub: FakeHub, options: readonly Partial<ConnectOptions>[] = []) {
  const [ada, bo] = [await enter(hub, 'Ada', options[0]), await enter(hub, 'Bo', options[1])]
  ada.room.addTrack(fakeTrack())
  bo.room.addTrack(fakeTrack())
  await calm(ada, bo)
  for (const one of [ada, bo]) {
    one.connections[0]!.become('connected')
    one.heard.length = 0
    // Who isn't admitted doesn't try a thousand times in no time.
    one.clock.dice = 0.4
  }
  return [ada, bo] as const
}

/** Both ends have settled on the same offer and answer. */
export function agreed(a: FakeConnection, b: FakeConnection): void {
  for (const { signalingState } of [a, b]) assert.is(signalingState, 'stable')
  assert.is(a.remoteDescription?.sdp, b.localDescription?.sdp)
  assert.is(b.remoteDescription?.sdp, a.localDescription?.sdp)
}

export const only = (room: Room) => [...room.peers.values()][0]!
export const open = (connections: FakeConnection[]) =>
  connections.filter(({ signalingState }) => signalingState !== 'closed')
export const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: SignalboxError) => error.code,
  )
