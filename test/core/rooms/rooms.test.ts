import * as assert from 'uvu/assert'
import { liveServer } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

for (const engine of ENGINES) {
  suite(`hub: rooms (${engine})`, (test) => {
    test('joining shows each to the other, the newcomer polite', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob, eve] = [await live.client(), await live.client(), await live.client()]
      assert.equal(await ada.join('a', { name: 'Ada' }), { type: 'joined', room: 'a', peers: [] })
      assert.equal((await bob.join('a')).peers, [{ id: ada.id, data: { name: 'Ada' }, polite: true }])
      assert.equal(await ada.next('peer-joined'), {
        type: 'peer-joined',
        room: 'a',
        peer: { id: bob.id, data: null, polite: false },
      })
      const peers = (await eve.join('a', [1, 'two'])).peers as { id: string }[]
      assert.equal(new Set(peers.map(({ id }) => id)), new Set([ada.id, bob.id]))
      for (const other of [ada, bob]) {
        assert.equal((await other.next('peer-joined')).peer, { id: eve.id, data: [1, 'two'], polite: false })
      }
    })

    test('names are kept apart byte by byte, and come back as they were', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { roomsPerPeer: 16 } })
      const client = await live.client()
      const other = await live.client()
      const names = [
        'a',
        'A',
        ' a',
        'a*',
        '__proto__',
        'constructor',
        'é',
        'e\u0301',
        '"\\/',
        '🦊',
        'x'.repeat(128),
      ]
      for (const name of names) {
        assert.equal(await client.join(name), { type: 'joined', room: name, peers: [] })
        await other.join(name)
      }
      for (const name of names) {
        other.send({ type: 'publish', room: name, data: name })
        assert.equal(await client.next('publish'), {
          type: 'publish',
          room: name,
          from: other.id,
          data: name,
        })
      }
    })

    test('leaving and closing are told once, and the room is gone with its last member', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob, eve] = [await live.client(), await live.client(), await live.client()]
      for (const client of [ada, bob, eve]) await client.join('a')
      bob.send({ type: 'leave', room: 'a' })
      assert.equal(await ada.next('peer-left'), { type: 'peer-left', room: 'a', peer: { id: bob.id } })
      eve.socket.close()
      assert.is((await ada.next('peer-left')).peer.id, eve.id)
      bob.send({ type: 'publish', room: 'a', data: 1 })
      assert.is((await bob.next('error')).code, 'E_NOT_JOINED')
      ada.send({ type: 'leave', room: 'a' })
      await ada.settled()
      assert.is(live.server.stats.rooms, 0)
      assert.is(live.server.stats.memberships, 0)
      assert.is(ada.inbox.filter(({ type }) => type === 'peer-left').length, 0)
    })

    test('a peer that left and came back is a newcomer', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = [await live.client(), await live.client()]
      await ada.join('a')
      await bob.join('a')
      ada.send({ type: 'leave', room: 'a' })
      await bob.next('peer-left')
      assert.equal((await ada.join('a')).peers, [{ id: bob.id, data: null, polite: true }])
    })

    test('update replaces the metadata for those present and those to come', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob, eve] = [await live.client(), await live.client(), await live.client()]
      await ada.join('a', { muted: false })
      await bob.join('a')
      ada.send({ type: 'update', room: 'a', data: { muted: true } })
      assert.equal(await bob.next('peer-updated'), {
        type: 'peer-updated',
        room: 'a',
        peer: { id: ada.id, data: { muted: true } },
      })
      const peers = (await eve.join('a')).peers as { id: string; data: unknown }[]
      assert.equal(peers.find(({ id }) => id === ada.id)?.data, { muted: true })
    })

    test('metadata passes through as it was written', async (defer) => {
      const live = await liveServer(defer, engine)
      const [ada, bob] = [await live.client(), await live.client()]
      ada.send('{"type":"join","room":"a","data":{"n":1e400,"big":12345678901234567890,"k":"\\u00e9é"}}')
      await ada.next('joined')
      const raw = new Promise<string>((resolve) => {
        bob.socket.on('message', (bytes) => {
          if (bytes.toString().includes('"joined"')) resolve(bytes.toString())
        })
      })
      bob.send({ type: 'join', room: 'a' })
      assert.match(await raw, '"data":{"n":1e400,"big":12345678901234567890,"k":"\\u00e9é"}')
    })

    test('limits bound rooms a peer, members a room and metadata', async (defer) => {
      const limits = { roomsPerPeer: 2, membersPerRoom: 2, metadataBytes: 10 }
      const live = await liveServer(defer, engine, { limits })
      const [ada, bob, eve] = [await live.client(), await live.client(), await live.client()]
      await ada.join('a')
      await ada.join('b')
      ada.send({ type: 'join', room: 'c' })
      assert.is((await ada.next('error')).code, 'E_ROOMS')
      await bob.join('a')
      eve.send({ type: 'join', room: 'a' })
      assert.is((await eve.next('error')).code, 'E_ROOM_FULL')
      eve.send({ type: 'join', room: 'b', data: '123456789' })
      assert.is((await eve.next('error')).code, 'E_METADATA')
      await eve.join('b', '12345678')
      ada.send({ type: 'leave', room: 'a' })
      await bob.next('peer-left')
      await eve.join('a')
    })

    test('a slot that is used again is another peer', async (defer) => {
      const live = await liveServer(defer, engine, { limits: { peers: 2 } })
      const ada = await live.client()
      await ada.join('a')
      const ids = new Set<string>()
      for (let i = 0; i < 20; i++) {
        const guest = await live.client()
        await guest.join('a')
        await ada.next('peer-joined')
        ids.add(guest.id)
        for (const stale of ids) {
          ada.send({ type: 'offer', room: 'a', to: stale, data: i })
          if (stale === guest.id) assert.is((await guest.next('offer')).data, i)
          else assert.is((await ada.next('error')).code, 'E_NO_PEER')
        }
        guest.socket.close()
        await ada.next('peer-left')
        await guest.closed
      }
      assert.is(ids.size, 20)
    })

    test('a room of 300 hears everything', async (defer) => {
      const live = await liveServer(defer, engine)
      const clients = await Promise.all(
        Array.from({ length: 300 }, () => live.client({ query: 'room=hall' })),
      )
      await Promise.all(clients.map((client) => client.next('joined')))
      clients[0]!.send({ type: 'publish', room: 'hall', data: 'hello' })
      await Promise.all(clients.slice(1).map((client) => client.next('publish')))
      assert.is(live.server.stats.memberships, 300)
    }, 30_000)
  })
}
