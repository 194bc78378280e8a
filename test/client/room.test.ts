import * as assert from 'uvu/assert'
import type { SignalboxError } from '../../client/errors.js'
import { suite } from '../suite.js'
import { settled } from './fake-clock.js'
import { fakeTrack } from './fake-connection.js'
import { FakeHub } from './fake-hub.js'
import { agreed, call, calm, code, enter, only, open } from './guest.js'

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
    const published = code(ada.room.publish('a bit later'))
    await calm(ada, bo)
    assert.is(await published, 'resolved')
    assert.ok(bo.heard.includes('Ada: a bit later'))
    assert.equal(ada.heard, ['reconnecting', 'Bo closed', 'joined'])
    assert.is(only(ada.room), before)
    assert.ok(before.polite, 'now the later one')
    assert.equal(
      bo.heard.filter((line) => !line.includes('closed')),
      ['left Ada', 'joined Ada', 'Ada: a bit later'],
    )
    const [a, b] = [open(ada.connections), open(bo.connections)]
    assert.is(a.length, 1)
    assert.is(b.length, 1)
    assert.is(a[0]!.signalingState, 'stable')
    assert.is(a[0]!.senders.length, 1)
    assert.is(a[0]!.remoteDescription?.sdp, b[0]!.localDescription?.sdp)
  })

  test('a hub that comes back empty: peers find each other, and their connection goes on', async () => {
    const hub = new FakeHub()
    const [ada, bo] = await call(hub)
    const [adas, bos] = [only(ada.room), only(bo.room)]
    const before = [ada.session.id, bo.session.id]
    hub.restart()
    await calm(ada, bo)
    assert.ok(!before.includes(ada.session.id) && !before.includes(bo.session.id))
    assert.equal(ada.heard, ['reconnecting', 'joined', 'renamed Bo'])
    assert.equal(bo.heard, ['reconnecting', 'joined', 'renamed Ada'])
    assert.is(only(ada.room), adas)
    assert.is(only(bo.room), bos)
    assert.is(adas.id, bo.session.id)
    assert.is(bos.id, ada.session.id)
    assert.is(ada.connections.length + bo.connections.length, 2, 'nothing was made anew')
    assert.equal(open(ada.connections), ada.connections)
    assert.ok(adas.polite !== bos.polite)

    ada.room.addTrack(fakeTrack())
    await calm(ada, bo)
    agreed(ada.connections[0]!, bo.connections[0]!)
    await adas.send('still you?')
    await calm(ada, bo)
    assert.is(bo.heard.at(-1), 'Ada to me: still you?')
  })

  test('one comes back long before the other: it waits, and nobody is told to have left', async () => {
    const hub = new FakeHub()
    const [ada, bo] = await call(hub)
    hub.restart(({ url }) => url.searchParams.get('data') === '"Ada"')
    await calm(ada)
    assert.equal(ada.heard, ['reconnecting', 'joined'])
    assert.is(ada.room.peers.size, 1)
    assert.is(await code(only(ada.room).send('are you there?')), 'E_NO_PEER')
    await ada.clock.advance(20_000)
    // Once more, before Bo has even noticed: it is still missing.
    hub.restart()
    await calm(ada, bo)
    assert.equal(ada.heard, ['reconnecting', 'joined', 'reconnecting', 'joined', 'renamed Bo'])
    assert.is(open(ada.connections).length, 1)
    assert.is(ada.connections.length + bo.connections.length, 2)
  })

  test('what was being negotiated when the hub died is asked again, whoever is polite by then', async () => {
    for (const glare of [false, true]) {
      for (const first of ['Ada', 'Bo']) {
        const hub = new FakeHub()
        const [ada, bo] = await call(hub)
        const [a, b] = [ada.connections[0]!, bo.connections[0]!]
        hub.restart(({ url }) => url.searchParams.get('data') === JSON.stringify(first))
        ada.room.addTrack(fakeTrack())
        if (glare) bo.room.addTrack(fakeTrack())
        await settled()
        assert.is(a.signalingState, 'have-local-offer')
        await calm(ada, bo)
        hub.admits = () => true
        for (let halfSecond = 0; halfSecond < 4; halfSecond++) await calm(ada, bo)
        agreed(a, b)
        assert.equal(
          ada.heard.concat(bo.heard).filter((line) => /error|left|closed/.test(line)),
          [],
        )
      }
    }
  })

  test('an answer that died with the hub is asked for again', async () => {
    const hub = new FakeHub()
    const [ada, bo] = await call(hub)
    const [a, b] = [ada.connections[0]!, bo.connections[0]!]
    bo.socket().mute = true
    ada.room.addTrack(fakeTrack())
    await calm(ada, bo)
    assert.is(a.signalingState, 'have-local-offer')
    assert.is(b.remoteDescription?.sdp, a.localDescription?.sdp)
    hub.restart()
    await calm(ada, bo)
    agreed(a, b)
  })

  test('a third member can’t pass itself off as somebody who is missing', async () => {
    const hub = new FakeHub()
    const [ada, bo] = await call(hub)
    const [b] = bo.connections
    const former = only(ada.room).id
    hub.restart(({ url }) => url.searchParams.get('data') !== '"Bo"')
    const eve = await enter(hub, 'Eve')
    await calm(ada, eve)
    const claims = [...Array(70)].map(() => 'A'.repeat(43))
    for (const data of [{ proofs: claims }, { proofs: [former, null] }, { proofs: 'all' }, { former }]) {
      eve.socket().send(JSON.stringify({ type: 'offer', id: 9, room: 'kitchen', to: ada.session.id!, data }))
    }
    await calm(ada, eve)
    await ada.clock.advance(2_000)
    await calm(ada, eve)
    assert.equal(ada.heard, ['reconnecting', 'joined', 'joined Eve'])
    assert.equal(
      [...ada.room.peers.values()].map(({ data }) => data),
      ['Bo', 'Eve'],
    )
    assert.is(ada.connections[0]!.remoteDescription?.sdp, b!.localDescription?.sdp)
    assert.ok(ada.connections[1]!.remoteDescription?.sdp !== b!.localDescription?.sdp)
    assert.is(eve.connections.length, 1)
  })

  test('a newcomer who offers while somebody is missing is let in at once, with all that it said', async () => {
    const hub = new FakeHub()
    const [ada] = await call(hub)
    hub.restart(({ url }) => url.searchParams.get('data') !== '"Bo"')
    await calm(ada)
    const cy = await enter(hub, 'Cy')
    await cy.room.publish('hello')
    await cy.room.update('Cyd')
    assert.not(ada.heard.includes('joined Cyd'))
    cy.room.addTrack(fakeTrack())
    await calm(ada, cy)
    assert.equal(ada.heard, ['reconnecting', 'joined', 'joined Cyd', 'Cyd: hello'])
    assert.is(cy.connections[0]!.signalingState, 'stable')
    assert.is(ada.connections.length, 2)
  })

  test('who is missing is gone when its connection is, or after a minute', async () => {
    for (const [ms, state] of [
      [0, 'failed'],
      [60_000, 'connected'],
    ] as const) {
      const hub = new FakeHub()
      const [ada] = await call(hub)
      hub.restart(({ url }) => url.searchParams.get('data') === '"Ada"')
      await calm(ada)
      assert.is(ada.room.peers.size, 1)
      hub.admits = () => true
      const cy = await enter(hub, 'Cy')
      if (state === 'failed') ada.connections[0]!.become(state)
      await ada.clock.advance(ms)
      await calm(ada, cy)
      assert.is(ada.room.peers.size, 1)
      assert.is(only(ada.room).data, 'Cy')
      assert.ok(ada.heard.includes('left Bo'))
      assert.equal(ada.connections[0]!.signalingState, 'closed')
      await ada.room.leave()
    }
  })

  test('a connection that doesn’t stand when the hub is lost is no reason to wait', async () => {
    const hub = new FakeHub()
    const [ada, bo] = await call(hub)
    ada.connections[0]!.become('failed')
    ada.heard.length = 0
    hub.restart()
    await calm(ada, bo)
    await bo.clock.advance(2_000)
    await calm(ada, bo)
    assert.equal(ada.heard, ['reconnecting', 'Bo closed', 'left Bo', 'joined', 'joined Bo'])
    assert.is(open(ada.connections).length, 1)
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
    const [ada, bo] = [await enter(hub, 'Ada'), await enter(hub, 'Bo', { webrtc: false })]
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
