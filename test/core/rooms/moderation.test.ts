import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { EngineName } from '../../../core/engine/engine.js'
import { type LiveServer, liveServer, type RawClient } from '../../live-server.js'
import { type Defer, ENGINES, suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

const PEOPLE = {
  mod: { moderate: true },
  ada: {},
  bob: {},
  ghost: { hidden: true },
  reporter: { hidden: true, publish: true },
} as const
type Name = keyof typeof PEOPLE

const tokenOf = (name: Name): string => `the token of ${name}`.padEnd(20, '.')

/** A server that knows a few people, and rules for rooms. */
async function house(defer: Defer, engine: EngineName, rooms: object[] = [], observer: object[] = []) {
  const tokens = Object.entries(PEOPLE).map(([name, grants]) => ({
    token: tokenOf(name as Name),
    name,
    grants,
  }))
  const live = await liveServer(defer, engine, {
    rooms,
    plugins: { auth: [{ use: 'token', options: { tokens } }], observer },
  })
  const enter = (name: Name, query = '') => live.client({ token: tokenOf(name), query })
  return { live, enter }
}

async function refusalOf(client: RawClient, message: object): Promise<string> {
  client.send(message)
  return (await client.next('error')).code
}

const order = (room: string, data: object) => ({ type: 'moderate', room, data })

async function quiet(live: LiveServer, ...clients: RawClient[]): Promise<void> {
  for (const client of clients) {
    await client.settled()
    assert.equal(client.inbox, [])
  }
  assert.ok(live.server.stats.peers >= clients.length)
}

for (const engine of ENGINES) {
  suite(`moderation (${engine})`, (test) => {
    test('a moderator removes a peer: it is told, the others see it leave, its other rooms stay', async (defer) => {
      const { enter } = await house(defer, engine)
      const [mod, ada, bob] = [await enter('mod'), await enter('ada'), await enter('bob')]
      for (const client of [mod, ada, bob]) await client.join('a')
      await ada.join('b')
      mod.send(order('a', { action: 'kick', peer: ada.id, reason: 'off topic' }))
      assert.equal(await ada.next('kicked'), { type: 'kicked', room: 'a', reason: 'off topic' })
      for (const other of [mod, bob]) assert.is((await other.next('peer-left')).peer.id, ada.id)
      assert.is(await refusalOf(ada, { type: 'publish', room: 'a', data: 1 }), 'E_NOT_JOINED')
      ada.send({ type: 'update', room: 'b', data: 1 })
      assert.is(await refusalOf(ada, { type: 'join', room: 'b' }), 'E_ALREADY_JOINED')
    })

    test('the audit log says who did what to whom, and why', async (defer) => {
      const file = join(temporaryFolder(defer), 'audit.log')
      const { live, enter } = await house(defer, engine, [], [{ use: 'audit', options: { file } }])
      const [mod, ada] = [await enter('mod'), await enter('ada')]
      await mod.join('a')
      await ada.join('a')
      mod.send(order('a', { action: 'lock' }))
      mod.send(order('a', { action: 'kick', peer: ada.id, reason: 'off topic' }))
      await ada.next('kicked')
      await live.server.stop()
      const lines = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.includes('moderated'))
        .map((line) => JSON.parse(line))
      const by = { event: 'moderated', principal: 'mod', room: 'a', by: mod.id }
      for (const line of lines) delete line.time
      assert.equal(lines, [
        { ...by, action: 'lock' },
        { ...by, action: 'kick', peer: ada.id, reason: 'off topic' },
      ])
    })

    test('nobody else may, and nobody may elsewhere', async (defer) => {
      const { live, enter } = await house(defer, engine)
      const [mod, ada, bob] = [await enter('mod'), await enter('ada'), await enter('bob')]
      await ada.join('a')
      await bob.join('a')
      await ada.next('peer-joined')
      for (const action of ['kick', 'admit', 'deny', 'lock', 'lobby', 'open']) {
        assert.is(await refusalOf(ada, order('a', { action, peer: bob.id })), 'E_FORBIDDEN')
        assert.is(await refusalOf(mod, order('a', { action, peer: bob.id })), 'E_NOT_JOINED')
      }
      await mod.join('c')
      assert.is(await refusalOf(mod, order('c', { action: 'kick', peer: bob.id })), 'E_NO_PEER')
      assert.is(await refusalOf(mod, order('c', { action: 'kick', peer: mod.id })), 'E_NO_PEER')
      assert.is(await refusalOf(mod, order('c', { action: 'admit', peer: bob.id })), 'E_NO_PEER')
      await quiet(live, bob)
    })

    test('orders that nobody can give are refused', async (defer) => {
      const { enter } = await house(defer, engine)
      const mod = await enter('mod', 'room=a')
      await mod.next('joined')
      for (const data of [
        null,
        'lock',
        {},
        { action: 'ban' },
        { action: 'kick' },
        { action: 'kick', peer: 7 },
        { action: 'kick', peer: 'x', reason: 'y'.repeat(201) },
        { action: 'constructor' },
      ]) {
        assert.is(
          await refusalOf(mod, { type: 'moderate', room: 'a', data }),
          'E_FIELD',
          JSON.stringify(data),
        )
      }
    })

    test('a locked room takes nobody but moderators; all members are told; the last to leave unlocks it', async (defer) => {
      const { enter } = await house(defer, engine)
      const [mod, ada, bob] = [await enter('mod'), await enter('ada'), await enter('bob')]
      await mod.join('a')
      await ada.join('a')
      mod.send(order('a', { action: 'lock' }))
      for (const one of [mod, ada])
        assert.equal(await one.next('door'), { type: 'door', room: 'a', door: 'locked' })
      assert.is(await refusalOf(bob, { type: 'join', room: 'a' }), 'E_LOCKED')
      const second = await enter('mod')
      await second.join('a')
      assert.is((await second.next('door')).door, 'locked')
      mod.send(order('a', { action: 'open' }))
      await ada.next('door')
      await bob.join('a')
      mod.send(order('a', { action: 'lock' }))
      await bob.next('door')
      for (const one of [mod, second, ada, bob]) {
        one.send({ type: 'leave', room: 'a' })
        await one.settled()
      }
      await bob.join('a')
    })

    test('a locked room and one that is not there look alike, whatever the room holds', async (defer) => {
      const { enter } = await house(defer, engine, [{ match: 'vip-*', door: 'locked', capacity: 1 }])
      const [mod, ada] = [await enter('mod'), await enter('ada')]
      await mod.join('vip-1')
      const answers: string[] = []
      for (const room of ['vip-1', 'vip-2']) {
        for (const message of [
          { type: 'join', room },
          { type: 'leave', room },
          { type: 'publish', room, data: 1 },
          { type: 'offer', room, to: mod.id, data: 1 },
          { type: 'update', room, data: 1 },
          order(room, { action: 'kick', peer: mod.id }),
        ]) {
          ada.send(message)
          answers.push(JSON.stringify(await ada.next('error')))
        }
      }
      assert.equal(answers.slice(0, answers.length / 2), answers.slice(answers.length / 2))
    })

    test('a full room that grants forbid says no more than an empty one', async (defer) => {
      const tokens = [
        { token: tokenOf('ada'), name: 'ada' },
        { token: tokenOf('bob'), name: 'bob', grants: { rooms: ['b'] } },
      ]
      const live = await liveServer(defer, engine, {
        rooms: [{ match: '*', capacity: 1 }],
        plugins: { auth: [{ use: 'token', options: { tokens } }] },
      })
      const ada = await live.client({ token: tokenOf('ada') })
      const bob = await live.client({ token: tokenOf('bob') })
      await ada.join('a')
      for (const room of ['a', 'nowhere']) {
        assert.is(await refusalOf(bob, { type: 'join', room }), 'E_FORBIDDEN', room)
      }
      await bob.join('b')
      assert.is(await refusalOf(ada, { type: 'join', room: 'b' }), 'E_ROOM_FULL')
    })

    test('hidden observers receive, are never introduced, and send what is granted expressly', async (defer) => {
      const { live, enter } = await house(defer, engine)
      const [ada, ghost, reporter] = [await enter('ada'), await enter('ghost'), await enter('reporter')]
      await ada.join('a')
      assert.is((await ghost.join('a')).peers.length, 1)
      assert.is((await reporter.join('a')).peers.length, 1)
      ghost.send({ type: 'update', room: 'a', data: 'here' })
      const bob = await enter('bob')
      assert.equal(
        (await bob.join('a')).peers.map(({ id }: { id: string }) => id),
        [ada.id],
      )
      await ada.next('peer-joined')
      for (const one of [ghost, reporter]) assert.is((await one.next('peer-joined')).peer.id, bob.id)
      ada.send({ type: 'publish', room: 'a', data: 'hi' })
      for (const one of [bob, ghost, reporter]) assert.is((await one.next('publish')).data, 'hi')
      assert.is(await refusalOf(ghost, { type: 'publish', room: 'a', data: 1 }), 'E_FORBIDDEN')
      assert.is(await refusalOf(ghost, { type: 'signal', room: 'a', to: ada.id, data: 1 }), 'E_FORBIDDEN')
      reporter.send({ type: 'publish', room: 'a', data: 'news' })
      for (const one of [ada, bob, ghost]) assert.is((await one.next('publish')).data, 'news')
      ghost.send({ type: 'leave', room: 'a' })
      reporter.socket.terminate()
      await reporter.closed
      await quiet(live, ada, bob)
    })

    test('a principal that comes twice: both stay, the second is refused, or the first leaves', async (defer) => {
      const { enter } = await house(defer, engine, [
        { match: 'once', duplicates: 'reject' },
        { match: 'last', duplicates: 'replace', capacity: 1 },
      ])
      const [first, second] = [await enter('ada'), await enter('ada')]
      await first.join('many')
      assert.is((await second.join('many')).peers.length, 1)
      await first.join('once')
      assert.is(await refusalOf(second, { type: 'join', room: 'once' }), 'E_DUPLICATE')
      first.send({ type: 'leave', room: 'once' })
      await first.settled()
      await second.join('once')
      await first.join('last')
      assert.equal((await second.join('last')).peers, [])
      assert.is((await first.next('kicked')).room, 'last')
      assert.is(await refusalOf(first, { type: 'publish', room: 'last', data: 1 }), 'E_NOT_JOINED')
    })
  })
}
