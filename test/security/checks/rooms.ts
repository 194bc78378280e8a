import * as assert from 'uvu/assert'
import type { RawClient } from '../../live-server.js'
import type { Group, Target, World } from '../check.js'

const PEOPLE = {
  mod: { moderate: true },
  ada: {},
  eve: { rooms: ['open-*', 'vip-*'] },
  ghost: { hidden: true },
}
type Name = keyof typeof PEOPLE
const tokenOf = (name: Name) => `the token of ${name}`.padEnd(20, '.')
const TOKENS = Object.entries(PEOPLE).map(([name, grants]) => ({
  token: tokenOf(name as Name),
  name,
  grants,
}))

const house = ({ serve }: World, rooms: object[] = [], more: object = {}): Promise<Target> =>
  serve({ rooms, plugins: { auth: [{ use: 'token', options: { tokens: TOKENS } }] }, ...more })

const enter = (target: Target, name: Name): Promise<RawClient> => target.client({ token: tokenOf(name) })

/** What a client is answered, with the names of rooms left out. */
async function answer(client: RawClient, message: { room: string }): Promise<string> {
  client.send(message)
  return JSON.stringify(await client.next('error')).replaceAll(message.room, 'ROOM')
}

export const rooms: Group = {
  title: 'Rooms and moderators',
  checks: [
    {
      holds: 'only a member with the grant gives orders in a room, and only in that room',
      threat: 'anybody removes anybody, or opens a locked door',
      async attack(world) {
        const target = await house(world)
        const [mod, ada, eve] = [
          await enter(target, 'mod'),
          await enter(target, 'ada'),
          await enter(target, 'eve'),
        ]
        await ada.join('open-1')
        await eve.join('open-1')
        for (const action of ['kick', 'admit', 'deny', 'lock', 'lobby', 'open']) {
          const order = { type: 'moderate', room: 'open-1', data: { action, peer: ada.id } }
          assert.match(await answer(eve, order), /E_FORBIDDEN/)
          assert.match(await answer(mod, order), /E_NOT_JOINED/)
        }
        eve.send({ type: 'publish', room: 'open-1', data: 'all there' })
        assert.is((await ada.next('publish')).data, 'all there')
      },
    },
    {
      holds: 'a locked room, full or not, and a room that isn’t there give the same answers',
      threat: 'who is kept out learns which rooms there are',
      async attack(world) {
        const target = await house(world, [{ match: 'vip-*', door: 'locked', capacity: 1 }])
        const [mod, eve] = [await enter(target, 'mod'), await enter(target, 'eve')]
        await mod.join('vip-1')
        for (const type of ['join', 'leave', 'publish', 'update', 'moderate']) {
          const asked = (room: string) =>
            answer(eve, { type, room, data: { action: 'open' } } as { room: string })
          assert.is(await asked('vip-1'), await asked('vip-2'), type)
        }
      },
    },
    {
      holds:
        'who waits in a lobby receives and sends nothing, and waits as long whether anybody is inside or not',
      threat: 'a lobby is a place to listen from, or tells whether the meeting is on',
      async attack(world) {
        const target = await house(world, [{ match: 'vip-*', door: 'lobby', lobbyMs: 300 }])
        const [mod, eve] = [await enter(target, 'mod'), await enter(target, 'eve')]
        await mod.join('vip-1')
        const heard: string[] = []
        for (const room of ['vip-1', 'vip-2']) {
          eve.send({ type: 'join', room })
          await eve.next('waiting')
          mod.send({ type: 'publish', room: 'vip-1', data: 'secret' })
          assert.match(
            await answer(eve, { type: 'publish', room, data: 1 } as { room: string }),
            /E_NOT_JOINED/,
          )
          heard.push(JSON.stringify(await eve.next('denied')).replaceAll(room, 'ROOM'))
          assert.equal(eve.inbox, [])
        }
        assert.is(heard[0], heard[1])
      },
    },
    {
      holds: 'a lobby holds so many, and nobody waits before more rooms than one may be in',
      threat: 'knocks fill the memory, or a moderator’s screen',
      async attack(world) {
        const target = await house(world, [{ match: 'vip-*', door: 'lobby', lobbySize: 2 }])
        const crowd = await Promise.all([1, 2, 3].map(() => enter(target, 'eve')))
        for (const client of crowd.slice(0, 2)) {
          client.send({ type: 'join', room: 'vip-1' })
          await client.next('waiting')
        }
        assert.match(
          await answer(crowd[2]!, { type: 'join', room: 'vip-1' } as { room: string }),
          /E_ROOM_FULL/,
        )
        for (let i = 0; i < 8; i++) crowd[2]!.send({ type: 'join', room: `vip-a${i}` })
        assert.match(await answer(crowd[2]!, { type: 'join', room: 'vip-b' } as { room: string }), /E_ROOMS/)
      },
    },
    {
      holds: 'a hidden member is never introduced, and sends only what is granted expressly',
      threat: 'an observer gives itself away, or speaks where it should listen',
      async attack(world) {
        const target = await house(world)
        const [ada, ghost] = [await enter(target, 'ada'), await enter(target, 'ghost')]
        await ada.join('open-1')
        await ghost.join('open-1')
        for (const message of [
          { type: 'publish', room: 'open-1', data: 1 },
          { type: 'signal', room: 'open-1', to: ada.id, data: 1 },
        ]) {
          assert.match(await answer(ghost, message), /E_FORBIDDEN/)
        }
        ghost.send({ type: 'update', room: 'open-1', data: 'boo' })
        const eve = await enter(target, 'eve')
        assert.is((await eve.join('open-1')).peers.length, 1)
        await ada.next('peer-joined')
        ghost.send({ type: 'bye' })
        await ghost.closed
        await ada.settled()
        assert.equal(ada.inbox, [])
      },
    },
    {
      holds: 'a session is renewed by a token of its own principal, and by no other',
      threat: 'somebody slips into a running session, or keeps one alive with a stolen token',
      async attack(world) {
        const target = await house(world)
        const eve = await enter(target, 'eve')
        for (const token of [tokenOf('mod'), 'nonsense', '', 'x'.repeat(20_000)]) {
          eve.send({ type: 'auth', data: { token } })
          assert.match((await eve.next('error')).code, /^E_(AUTH|RATE)$/)
        }
        eve.send({ type: 'join', room: 'private' })
        assert.is((await eve.next('error')).code, 'E_FORBIDDEN')
      },
    },
    {
      holds: 'who is revoked is out at once, and doesn’t come back with the same token or ticket',
      threat: 'who was thrown out is back a second later',
      async attack(world) {
        const token = 'a token for operators'
        const target = await house(world, [], { admin: { port: 0, token } })
        const eve = target.dial({ token: tokenOf('eve') })
        const { ticket } = (await eve.next('welcome')).session
        const revoke = (Authorization: string) =>
          fetch(`${target.adminUrl}/revoke`, {
            method: 'POST',
            headers: { Authorization, 'Content-Type': 'application/json' },
            body: '{"principal":"eve","seconds":60}',
          })
        assert.is((await revoke('Bearer x')).status, 401)
        await eve.settled()
        assert.is((await revoke(`Bearer ${token}`)).status, 200)
        assert.is((await eve.closed).code, 4504)
        for (const protocols of [['signalbox.v1'], ['signalbox.v1', `signalbox.resume.${ticket}.0`]]) {
          assert.is((await target.dial({ token: tokenOf('eve'), protocols }).refused).status, 429)
        }
      },
    },
  ],
}
