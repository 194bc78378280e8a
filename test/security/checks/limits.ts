import * as assert from 'uvu/assert'
import { comesTrue, frame, intruder } from '../attacker.js'
import type { Group } from '../check.js'

/** For attacks on other limits: without it, the rate limit would end them first. */
const NO_POLICY = { plugins: { policy: [] } }

export const limits: Group = {
  title: 'Limits',
  checks: [
    {
      holds: 'who doesn’t read is closed when too much waits for it, and what waited is dropped',
      threat: 'one client that never reads fills the memory of the server',
      async attack({ serve, defer }) {
        const { port, client } = await serve({ ...NO_POLICY, limits: { queuedBytes: 65_536 } })
        const sender = await client({ query: 'room=a' })
        await sender.next('joined')
        const deaf = await intruder(defer, port)
        deaf.write(frame(0x81, '{"type":"join","room":"a"}'))
        await sender.next('peer-joined')
        deaf.pause()
        const data = 'x'.repeat(60_000)
        for (let i = 0; i < 50; i++) {
          for (let j = 0; j < 20; j++) sender.send({ type: 'publish', room: 'a', data })
          await sender.settled()
        }
        let received = 0
        deaf.on('data', ({ length }: Buffer) => {
          received += length
        })
        deaf.resume()
        assert.ok(await comesTrue(() => deaf.readableEnded || deaf.destroyed), 'the connection ends')
        assert.ok(received < 50 * 20 * data.length, `${received} bytes arrived all the same`)
      },
    },
    {
      holds: 'who stays silent when asked for a sign of life is closed',
      threat: 'connections that nobody uses any more hold their places',
      async attack({ serve, defer }) {
        const { port } = await serve({ limits: { pingMs: 100, pongMs: 100 } })
        const socket = await intruder(defer, port)
        socket.resume()
        assert.ok(await comesTrue(() => socket.destroyed || socket.readableEnded))
      },
    },
    {
      holds: 'the server holds so many peers; the next is told to come later',
      threat: 'connections use up the memory',
      async attack({ serve }) {
        const { client, dial } = await serve({ ...NO_POLICY, limits: { peers: 2 } })
        await client()
        await client()
        const third = dial()
        const outcome = await Promise.race([
          third.refused.then(({ status }) => status),
          third.next('error').then(({ code }) => code),
        ])
        assert.ok(outcome === 503 || outcome === 'E_BUSY', String(outcome))
      },
    },
    {
      holds: 'a peer is in so many rooms, and a room holds so many members',
      threat: 'rooms and memberships use up the memory',
      async attack({ serve }) {
        const { client } = await serve({ ...NO_POLICY, limits: { roomsPerPeer: 2, membersPerRoom: 2 } })
        const [ada, bob, eve] = [await client(), await client(), await client()]
        for (const room of ['a', 'b']) await ada.join(room)
        ada.send({ type: 'join', room: 'c' })
        assert.is((await ada.next('error')).code, 'E_ROOMS')
        await bob.join('a')
        eve.send({ type: 'join', room: 'a' })
        assert.is((await eve.next('error')).code, 'E_ROOM_FULL')
      },
    },
    {
      holds: 'metadata is bounded, in the URL, in `join` and in `update`',
      threat: 'each newcomer is sent megabytes about those present',
      async attack({ serve }) {
        const { client } = await serve({ limits: { metadataBytes: 100 } })
        const data = 'x'.repeat(200)
        const ada = await client({ query: `room=a&data=${encodeURIComponent(JSON.stringify(data))}` })
        assert.is((await ada.next('error')).code, 'E_METADATA')
        ada.send({ type: 'join', room: 'a', data })
        assert.is((await ada.next('error')).code, 'E_METADATA')
        await ada.join('a')
        ada.send({ type: 'update', room: 'a', data })
        assert.is((await ada.next('error')).code, 'E_METADATA')
      },
    },
    {
      holds: 'by default, who sends too fast is told to wait, and closed when it doesn’t',
      threat: 'one client floods a room, or the server',
      async attack({ serve }) {
        const { client } = await serve()
        const flooder = await client({ query: 'room=a' })
        await flooder.next('joined')
        const ended = flooder.closed.then(({ code }) => code)
        const code = await Promise.race([
          ended,
          (async () => {
            for (let i = 0; flooder.socket.readyState === flooder.socket.OPEN && i < 200; i++) {
              for (let j = 0; j < 200; j++)
                flooder.send({ type: 'publish', room: 'a', data: 'x'.repeat(500) })
              await flooder.settled().catch(() => {})
            }
            return ended
          })(),
        ])
        assert.ok(flooder.inbox.some((message) => message.code === 'E_RATE'))
        assert.ok(code >= 4000, String(code))
      },
    },
  ],
}
