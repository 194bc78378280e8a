/** The client against real servers, over lines that break. */

import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { connect } from '../../client/connect.js'
import type { SignalboxError } from '../../client/errors.js'
import type { Room } from '../../client/room.js'
import type { WebSocketConstructor } from '../../client/socket.js'
import { FaultProxy } from '../faults/proxy.js'
import { liveServer, until } from '../live-server.js'
import { type Defer, ENGINES, suite } from '../suite.js'

const LIMIT_MS = 60_000
const MESSAGES = 400
/** A line is cut whenever so many more messages were sent. */
const CUT_EVERY = 25

/** A client in the room `lab` whose line goes through a proxy of its own. */
async function enter(defer: Defer, serverUrl: string, name: string) {
  const proxy = await FaultProxy.listen(Number(new URL(serverUrl).port))
  defer(() => proxy.close())
  const session = await connect(`ws://127.0.0.1:${proxy.port}/signal`, {
    WebSocket: WebSocket as unknown as WebSocketConstructor,
    room: 'lab',
    data: name,
    reconnect: { baseMs: 20, capMs: 200 },
  })
  defer(() => session.close())
  const room = await session.join('lab')
  const told: string[] = []
  session.on('state', (state) => told.push('resumed' in state ? `resumed ${state.resumed}` : state.state))
  for (const event of ['peer-joined', 'peer-left', 'peer-renamed'] as const)
    room.on(event, () => told.push(event))
  const heard: unknown[] = []
  room.on('message', ({ data }) => heard.push(data))
  const cut = () => {
    for (const link of [...proxy.links]) link.cut()
  }
  /** Cuts, and resolves while the client has noticed and not come back: that may be over in a millisecond. */
  const lose = () => {
    const noticed = new Promise<void>((resolve) => {
      session.on('state', ({ state }) => state === 'reconnecting' && resolve())
    })
    cut()
    return noticed
  }
  return { session, room, told, heard, cut, lose, proxy }
}

const only = (room: Room) => [...room.peers.values()][0]!
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: SignalboxError) => error.code,
  )

for (const engine of ENGINES) {
  suite(`client resume (${engine})`, (test) => {
    test(
      'lines that break all the time: everything arrives once, in order, both ways, and is confirmed',
      async (defer) => {
        const { url } = await liveServer(defer, engine)
        const [ada, bo] = [await enter(defer, url, 'Ada'), await enter(defer, url, 'Bo')]
        await until(() => ada.room.peers.size === 1, 'Bo is here')
        ada.told.length = 0
        const expected: number[] = []
        const outcomes: Promise<string>[] = []
        for (let i = 0; i < MESSAGES; i++) {
          expected.push(i)
          for (const { room } of [ada, bo]) {
            outcomes.push(code(i % 2 === 0 ? room.publish(i) : only(room).send(i)))
          }
          if (i % CUT_EVERY === 0) ada.cut()
          if (i % CUT_EVERY === 10) bo.cut()
          await new Promise((resolve) => setTimeout(resolve, i % 5))
        }
        assert.equal([...new Set(await Promise.all(outcomes))], ['resolved'])
        for (const { heard, told } of [ada, bo]) {
          await until(() => heard.length >= MESSAGES, 'all has arrived')
          assert.equal(heard, expected)
          assert.equal([...new Set(told)].sort(), ['reconnecting', 'resumed true'])
        }
        assert.is(ada.room.peers.size + bo.room.peers.size, 2)
      },
      LIMIT_MS,
    )

    test('a refusal that broke off with the line is told after it', async (defer) => {
      const { url } = await liveServer(defer, engine)
      const ada = await enter(defer, url, 'Ada')
      for (const link of ada.proxy.links) link.shape('down', { swallow: true })
      const outcomes = [code(ada.room.send('A'.repeat(16), 1)), code(ada.room.publish(2))]
      // The server has dealt with both when a third client that came later is in the room.
      await enter(defer, url, 'Bo')
      ada.cut()
      assert.equal(await Promise.all(outcomes), ['E_NO_PEER', 'resolved'])
      await until(() => ada.room.peers.size === 1, 'Bo is known')
    })

    test(
      'a server that says nothing any more is left, and its session goes on elsewhere',
      async (defer) => {
        const { url } = await liveServer(defer, engine, { limits: { pingMs: 400, pongMs: 5_000 } })
        const [ada, bo] = [await enter(defer, url, 'Ada'), await enter(defer, url, 'Bo')]
        await new Promise((resolve) => setTimeout(resolve, 3_000))
        assert.equal(bo.told, [], 'pings keep an idle line')
        for (const link of ada.proxy.links) {
          link.shape('up', { swallow: true })
          link.shape('down', { swallow: true })
        }
        const sent = code(ada.room.publish('into the void'))
        await until(() => ada.told.includes('reconnecting'), 'it is noticed')
        assert.match(ada.session.error?.message ?? '', 'silent')
        assert.is(await sent, 'resolved')
        await until(() => bo.heard.length > 0, 'it arrives')
        assert.equal(bo.heard, ['into the void'])
        assert.equal(bo.told, [])
      },
      LIMIT_MS,
    )

    test('a server that keeps no sessions: what may have arrived is told, the rest goes out, the room is there again', async (defer) => {
      const { url } = await liveServer(defer, engine, { limits: { resumeMs: 0 } })
      const [ada, bo] = [await enter(defer, url, 'Ada'), await enter(defer, url, 'Bo')]
      await until(() => ada.room.peers.size === 1, 'Bo is here')
      const before = ada.session.id
      for (const link of ada.proxy.links) link.shape('up', { swallow: true })
      const sent = code(ada.room.publish('sent'))
      await ada.lose()
      const [queued, direct, update] = [
        code(ada.room.publish('queued')),
        code(only(ada.room).send('to whom?')),
        code(ada.room.update('Ada again')),
      ]
      assert.equal(await Promise.all([sent, queued, direct, update]), [
        'E_SESSION_LOST',
        'resolved',
        'E_SESSION_LOST',
        'resolved',
      ])
      await until(() => bo.heard.length > 0, 'Bo hears')
      assert.equal(bo.heard, ['queued'])
      assert.is(only(bo.room).data, 'Ada again')
      assert.is.not(ada.session.id, before)
      assert.is(ada.room.state, 'joined')
    })

    test('who leaves while the line is broken is out when it is mended', async (defer) => {
      const { url } = await liveServer(defer, engine)
      const [ada, bo] = [await enter(defer, url, 'Ada'), await enter(defer, url, 'Bo')]
      await until(() => ada.room.peers.size === 1, 'Bo is here')
      await ada.lose()
      await ada.room.leave()
      await until(() => bo.told.includes('peer-left'), 'Bo hears')
      assert.is(ada.session.state, 'open')
    })
  })
}
