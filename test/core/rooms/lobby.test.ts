import * as assert from 'uvu/assert'
import type { EngineName } from '../../../core/engine/engine.js'
import { liveServer } from '../../live-server.js'
import { type Defer, ENGINES, suite } from '../../suite.js'

const MOD = 'the token of the moderator'
const GUEST = 'the token of all the guests'

async function house(defer: Defer, engine: EngineName, rule: object = {}) {
  const tokens = [
    { token: MOD, name: 'mod', grants: { moderate: true } },
    { token: GUEST, name: 'guest' },
  ]
  const live = await liveServer(defer, engine, {
    rooms: [{ match: 'class-*', door: 'lobby', ...rule }],
    plugins: { auth: [{ use: 'token', options: { tokens } }] },
  })
  return {
    live,
    mod: () => live.client({ token: MOD }),
    guest: (query = '') => live.client({ token: GUEST, query }),
  }
}

const order = (data: object) => ({ type: 'moderate', room: 'class-1', data })
const JOIN = { type: 'join', id: 1, room: 'class-1', data: { name: 'Gus' } }

for (const engine of ENGINES) {
  suite(`lobby (${engine})`, (test) => {
    test('a moderator sees who knocks, and lets it in', async (defer) => {
      const { mod, guest } = await house(defer, engine)
      const [teacher, pupil] = [await mod(), await guest()]
      await teacher.join('class-1')
      pupil.send(JOIN)
      assert.equal(await pupil.next('waiting'), { type: 'waiting', id: 1, room: 'class-1' })
      assert.is((await pupil.next('ack')).id, 1, 'other messages of it go on')
      await pupil.join('elsewhere')
      const knock = await teacher.next('knock')
      assert.equal(knock, { type: 'knock', room: 'class-1', peer: { id: pupil.id, data: { name: 'Gus' } } })
      teacher.send(order({ action: 'admit', peer: knock.peer.id }))
      const joined = await pupil.next('joined')
      assert.equal([joined.id, joined.peers[0].id], [1, teacher.id])
      assert.equal((await teacher.next('peer-joined')).peer.data, { name: 'Gus' })
      assert.is((await teacher.next('knock-ended')).peer.id, pupil.id)
    })

    test('who waits is nobody yet: it receives nothing and sends nothing', async (defer) => {
      const { mod, guest } = await house(defer, engine)
      const [teacher, pupil] = [await mod(), await guest()]
      await teacher.join('class-1')
      pupil.send(JOIN)
      await pupil.next('waiting')
      for (const message of [
        { type: 'publish', room: 'class-1', data: 1 },
        { type: 'update', room: 'class-1', data: 1 },
        order({ action: 'admit', peer: pupil.id }),
      ]) {
        pupil.send(message)
        assert.is((await pupil.next('error')).code, 'E_NOT_JOINED')
      }
      teacher.send({ type: 'publish', room: 'class-1', data: 'secret' })
      teacher.send({ type: 'offer', room: 'class-1', to: pupil.id, data: 'secret' })
      assert.is((await teacher.next('error')).code, 'E_NO_PEER')
      await pupil.settled()
      assert.not(pupil.inbox.some(({ type }) => type !== 'ack'))
      pupil.send({ type: 'join', room: 'class-1' })
      assert.is((await pupil.next('error')).code, 'E_ALREADY_JOINED')
    })

    test('denied, with the words of the moderator', async (defer) => {
      const { mod, guest } = await house(defer, engine)
      const [teacher, pupil] = [await mod(), await guest()]
      await teacher.join('class-1')
      pupil.send(JOIN)
      await teacher.next('knock')
      teacher.send(order({ action: 'deny', peer: pupil.id, reason: 'not today' }))
      assert.equal(await pupil.next('denied'), {
        type: 'denied',
        id: 1,
        room: 'class-1',
        code: 'E_NOT_ADMITTED',
        message: 'not today',
      })
      await teacher.next('knock-ended')
      teacher.send(order({ action: 'admit', peer: pupil.id }))
      assert.is((await teacher.next('error')).code, 'E_NO_PEER')
      pupil.send({ type: 'join', id: 2, room: 'class-1' })
      await pupil.next('waiting') // it may knock again
    })

    test('whether the room exists or not: one waits, as long, and hears the same', async (defer) => {
      const { mod, guest } = await house(defer, engine, { lobbyMs: 300 })
      const teacher = await mod()
      await teacher.join('class-1')
      const heard = await Promise.all(
        ['class-1', 'class-2'].map(async (room) => {
          const pupil = await guest()
          pupil.send({ type: 'join', id: 1, room })
          const all = [await pupil.next('waiting'), await pupil.next('denied')]
          return JSON.stringify(all).replaceAll(room, 'ROOM')
        }),
      )
      assert.is(heard[0], heard[1])
      assert.match(heard[0]!, /E_NOT_ADMITTED/)
      assert.ok(await teacher.next('knock-ended'))
    })

    test('the lobby is bounded, and a wait counts as a room', async (defer) => {
      const { guest } = await house(defer, engine, { lobbySize: 2 })
      const pupils = [await guest(), await guest(), await guest()]
      for (const pupil of pupils) pupil.send(JOIN)
      for (const pupil of pupils.slice(0, 2)) await pupil.next('waiting')
      assert.is((await pupils[2]!.next('error')).code, 'E_ROOM_FULL')
      for (let i = 2; i <= 9; i++) pupils[0]!.send({ type: 'join', room: `class-${i}` })
      assert.is((await pupils[0]!.next('error')).code, 'E_ROOMS')
    })

    test('a moderator that comes later learns who waits; who leaves or goes waits no longer', async (defer) => {
      const { mod, guest } = await house(defer, engine)
      const [first, second, third] = [await guest(), await guest(), await guest('room=class-1')]
      for (const pupil of [first, second]) pupil.send(JOIN)
      for (const pupil of [first, second, third]) await pupil.next('waiting')
      const teacher = await mod()
      await teacher.join('class-1')
      const knocking = [await teacher.next('knock'), await teacher.next('knock'), await teacher.next('knock')]
      assert.equal(new Set(knocking.map(({ peer }) => peer.id)), new Set([first.id, second.id, third.id]))
      first.send({ type: 'leave', room: 'class-1' })
      assert.is((await teacher.next('knock-ended')).peer.id, first.id)
      second.send({ type: 'bye' })
      assert.is((await teacher.next('knock-ended')).peer.id, second.id)
      teacher.send(order({ action: 'admit', peer: third.id }))
      assert.is((await third.next('joined')).id, undefined)
    })

    test('opened, the room lets in who waits as far as it has room; the rest waits on', async (defer) => {
      const { mod, guest } = await house(defer, engine, { capacity: 3 })
      const teacher = await mod()
      await teacher.join('class-1')
      const pupils = [await guest(), await guest(), await guest()]
      for (const pupil of pupils) {
        pupil.send(JOIN)
        await pupil.next('waiting')
      }
      teacher.send(order({ action: 'open' }))
      for (const pupil of pupils.slice(0, 2)) await pupil.next('joined')
      teacher.send(order({ action: 'admit', peer: pupils[2]!.id }))
      assert.is((await teacher.next('error')).code, 'E_ROOM_FULL')
      pupils[0]!.send({ type: 'leave', room: 'class-1' })
      await teacher.next('peer-left')
      teacher.send(order({ action: 'admit', peer: pupils[2]!.id }))
      await pupils[2]!.next('joined')
    })

    test('an open room becomes a lobby while it runs', async (defer) => {
      const { live, mod, guest } = await house(defer, engine, { match: 'other' })
      const [teacher, pupil] = [await mod(), await guest()]
      await teacher.join('class-1')
      teacher.send(order({ action: 'lobby' }))
      assert.is((await teacher.next('door')).door, 'lobby')
      pupil.send(JOIN)
      await pupil.next('waiting')
      assert.is(live.server.stats.memberships, 1)
    })
  })
}
