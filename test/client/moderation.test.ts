import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { connect, type Room, type Session, type SignalboxError } from '../../client/index.js'
import { createSeal, createSecret } from '../../client/seal/index.js'
import { liveServer, until } from '../live-server.js'
import { rejection } from '../rejection.js'
import { type Defer, ENGINES, suite } from '../suite.js'
import { FakeClock, settled } from './fake-clock.js'
import { fakeSockets, welcome } from './fake-socket.js'

const MOD = 'the token of the moderator'
const GUEST = 'the token of all the guests'
const TOKENS = [
  { token: MOD, name: 'mod', grants: { moderate: true } },
  { token: GUEST, name: 'guest' },
]
const LOBBY = {
  rooms: [{ match: 'a', door: 'lobby' }],
  plugins: { auth: [{ use: 'token', options: { tokens: TOKENS } }] },
}
const codeOf = async (promise: Promise<unknown>) => (await rejection<SignalboxError>(promise)).code

/** What a room says about its door. */
function doorOf(room: Room): string[] {
  const heard: string[] = []
  room.on('door', (door) => heard.push(door))
  room.on('knock', ({ data }) => heard.push(`${data} knocks`))
  room.on('knock-ended', ({ data }) => heard.push(`${data} knocks no more`))
  return heard
}

suite('client moderation', (test) => {
  test('orders are messages, and resolve with their ack', async () => {
    const { WebSocket, last } = fakeSockets()
    const clock = new FakeClock()
    const result = connect('ws://a.example/signal', { WebSocket, clock, room: 'a' })
    await settled()
    last().say(welcome(), { type: 'joined', room: 'a', peers: [] })
    const { moderation } = await (await result).join('a')
    await clock.advance(0)
    const done = [
      moderation.kick('bo'),
      moderation.kick('bo', 'spam'),
      moderation.admit('cy'),
      moderation.deny('cy'),
      moderation.deny('cy', 'not now'),
      moderation.lock(),
      moderation.lobby(),
      moderation.open(),
    ]
    assert.equal(
      last().sent.map((message) => ('data' in message ? message.data : undefined)),
      [
        { action: 'kick', peer: 'bo' },
        { action: 'kick', peer: 'bo', reason: 'spam' },
        { action: 'admit', peer: 'cy' },
        { action: 'deny', peer: 'cy' },
        { action: 'deny', peer: 'cy', reason: 'not now' },
        { action: 'lock' },
        { action: 'lobby' },
        { action: 'open' },
      ],
    )
    assert.equal(last().sent[0], { type: 'moderate', room: 'a', data: { action: 'kick', peer: 'bo' }, id: 1 })
    last().say({ type: 'ack', id: 8 })
    await Promise.all(done)
  })

  test('who knocks is known, counted, and introduced anew in a new session', async () => {
    const { WebSocket, last } = fakeSockets()
    const clock = new FakeClock()
    clock.dice = 0
    const result = connect('ws://a.example/signal', { WebSocket, clock, room: 'a' })
    await settled()
    const knock = (id: string) => ({ type: 'knock', room: 'a', peer: { id, data: id } }) as const
    last().say(welcome(), { type: 'joined', room: 'a', peers: [] }, knock('bo'))
    const room = await (await result).join('a')
    const heard = doorOf(room)
    await clock.advance(0)
    last().say(
      knock('cy'),
      { type: 'knock-ended', room: 'a', peer: { id: 'bo' } },
      { type: 'knock-ended', room: 'a', peer: { id: 'nobody' } },
      { type: 'door', room: 'a', door: 'locked' },
      { type: 'ping' },
    )
    assert.equal(last().sent, [{ type: 'ack', seen: 6 }])
    assert.equal(heard.splice(0), ['bo knocks', 'cy knocks', 'bo knocks no more', 'locked'])
    assert.equal([...room.moderation.knocks.keys()], ['cy'])
    last().end(1006)
    await clock.advance(0)
    last().say(welcome(), { type: 'joined', room: 'a', peers: [] }, knock('cy again'))
    assert.equal(heard, ['cy knocks no more', 'cy again knocks'])
    assert.equal([...room.moderation.knocks.keys()], ['cy again'])
  })
})

for (const engine of ENGINES) {
  suite(`client moderation (${engine})`, (test) => {
    const people = async (defer: Defer, secret?: string) => {
      const live = await liveServer(defer, engine, LOBBY)
      return async (token: string): Promise<Session> => {
        const seal = secret === undefined ? {} : { seal: await createSeal(secret) }
        const options = { token, WebSocket: WebSocket as never, ...seal }
        const session = await connect(`${live.url}/signal`, options)
        defer(() => session.close())
        return session
      }
    }

    test('a moderator admits, denies, kicks, opens and locks', async (defer) => {
      const enter = await people(defer)
      const room = await (await enter(MOD)).join('a', { data: 'Mo' })
      const heard = doorOf(room)
      const bo = await enter(GUEST)
      const joining = bo.join('a', { data: 'Bo' })
      await until(() => bo.rooms.get('a')?.state === 'waiting', 'Bo to wait')
      await until(() => room.moderation.knocks.has(bo.id!), 'the knock')
      assert.is(await codeOf(room.moderation.admit('AAAAAAAAAAAAAAAA')), 'E_NO_PEER')
      await room.moderation.admit(bo.id!)
      const inside = await joining
      assert.equal(
        [...inside.peers.values()].map(({ data }) => data),
        ['Mo'],
      )
      assert.is(await codeOf(inside.moderation.lock()), 'E_FORBIDDEN')

      const cy = await enter(GUEST)
      const denied = rejection<SignalboxError>(cy.join('a', { data: 'Cy' }))
      await until(() => room.moderation.knocks.has(cy.id!), 'the next knock')
      await room.moderation.deny(cy.id!, 'not now')
      assert.is((await denied).message, 'not now')

      const doors = doorOf(inside)
      await room.moderation.open()
      await cy.join('a', { data: 'Cy' })
      await room.moderation.lock()
      await until(() => doors.length === 2, 'Bo to hear of the door')
      assert.equal(doors, ['open', 'locked'])
      const left = new Promise<string | undefined>((resolve) =>
        inside.on('state', ({ state, error }) => state === 'left' && resolve(error?.code)),
      )
      await room.moderation.kick(bo.id!, 'spam')
      assert.is(await left, 'E_KICKED')
      assert.is(await codeOf(bo.join('a')), 'E_LOCKED')
      assert.equal(heard, [
        ...['Bo knocks', 'Bo knocks no more', 'Cy knocks', 'Cy knocks no more'],
        ...['open', 'locked'],
      ])
    })

    test('who doesn’t want to wait leaves, and the moderator sees it', async (defer) => {
      const enter = await people(defer)
      const room = await (await enter(MOD)).join('a')
      const bo = await enter(GUEST)
      const joining = codeOf(bo.join('a', { data: 'Bo' }))
      await until(() => room.moderation.knocks.size === 1, 'the knock')
      await bo.rooms.get('a')!.leave()
      assert.is(await joining, 'E_NOT_JOINED')
      await until(() => room.moderation.knocks.size === 0, 'the end of the knock')
      const again = bo.join('a', { data: 'Bo' })
      await until(() => room.moderation.knocks.size === 1, 'the next knock')
      await room.moderation.lobby()
      await room.moderation.admit(bo.id!)
      assert.is((await again).state, 'joined')
    })

    test('doors are no secret: a sealed room has them too', async (defer) => {
      const enter = await people(defer, createSecret())
      const room = await (await enter(MOD)).join('a')
      const bo = await enter(GUEST)
      const joining = bo.join('a')
      joining.catch(() => {})
      await until(() => bo.rooms.get('a')?.state === 'waiting', 'Bo to wait')
      await until(() => room.moderation.knocks.has(bo.id!), 'the knock')
      await room.moderation.admit(bo.id!)
      assert.is((await joining).state, 'joined')
    })
  })
}
