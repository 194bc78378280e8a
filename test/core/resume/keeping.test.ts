import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { SessionFile } from '../../../core/resume/session-file.js'
import { hashOf } from '../../../core/resume/tickets.js'
import { banner, signalbox } from '../../cli/command.js'
import { liveServer, RawClient } from '../../live-server.js'
import { rejection } from '../../rejection.js'
import { ENGINES, suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { TestNode } from '../cluster/node.js'
import { Traveller } from '../cluster/traveller.js'

for (const engine of ENGINES) {
  suite(`resume/keeping (${engine})`, (test) => {
    test('sessions go on in the next server: ids, rooms, metadata, what was missed, and what was done', async (defer) => {
      const file = join(temporaryFolder(defer), 'sessions')
      const config = { sessions: { file }, limits: { drainMs: 0 } }
      const before = await liveServer(defer, engine, config)
      const clients = await Promise.all(Array.from({ length: 5 }, () => before.client()))
      const [ada, bob, cyd] = clients as [RawClient, RawClient, RawClient]
      for (const [i, client] of clients.entries()) await client.join('a', `member ${i}`)
      await bob.join('b')
      await bob.settled()
      await cyd.cut(before.server)
      ada.send({ type: 'publish', id: 1, room: 'a', data: 'while Cyd is away' })
      ada.send({ type: 'offer', id: 2, room: 'a', to: 'AAAAAAAAAAAAAAAA', data: 0 })
      await ada.settled()
      const stopped = before.server.stop()
      const goaway = await bob.next('goaway')
      assert.equal(goaway, { type: 'goaway', reason: 'shutdown', afterMs: 0 }, 'the ticket holds')
      for (const client of [ada, bob]) assert.is((await client.closed).code, 4000)
      await stopped
      assert.ok(existsSync(file))
      for (const { ticket } of clients) assert.not.match(readFileSync(file, 'utf8'), ticket)

      const after = await liveServer(defer, engine, config)
      assert.not(existsSync(file), 'taken once')
      assert.equal([after.server.stats.peers, after.server.stats.detached], [5, 5])
      assert.equal([after.server.stats.rooms, after.server.stats.memberships], [2, 6])
      const back: RawClient[] = []
      for (const client of [ada, bob, cyd]) {
        const again = after.dial({ resume: client.resume })
        const { session, peer } = await again.next('welcome')
        assert.equal([session.resumed, peer], [true, client.id])
        back.push(again)
      }
      const [ada2, bob2, cyd2] = back as [RawClient, RawClient, RawClient]
      assert.is((await ada2.next('error')).id, 2, 'the refusal that may have been lost')
      assert.is((await ada2.next('ack')).id, 2)
      assert.is((await cyd2.next('publish')).data, 'while Cyd is away')
      bob2.send({ type: 'publish', id: 1, room: 'a', data: 'to all' })
      for (const client of [ada2, cyd2]) assert.is((await client.next('publish')).from, bob.id)
      bob2.send({ type: 'offer', id: 2, room: 'a', to: ada.id, data: 'to one' })
      assert.is((await ada2.next('offer')).data, 'to one')
      ada2.send({ type: 'publish', id: 2, room: 'a', data: 'a duplicate' })
      ada2.send({ type: 'publish', id: 3, room: 'a', data: 'new' })
      assert.is((await bob2.next('publish')).data, 'new')
      const newcomer = await after.client()
      const { peers } = await newcomer.join('a')
      assert.equal(
        peers.map((peer: { data: string }) => peer.data).sort(),
        [0, 1, 2, 3, 4].map((i) => `member ${i}`),
      )
      assert.is(new Set([...clients.map(({ id }) => id), newcomer.id]).size, 6)
      assert.equal(
        back.flatMap(({ inbox }) => inbox).filter(({ type }) => type === 'peer-left'),
        [],
      )
    })

    test('who does not come back within the window is gone, and the others hear it once', async (defer) => {
      const file = join(temporaryFolder(defer), 'sessions')
      const config = { sessions: { file }, limits: { drainMs: 0, resumeMs: 1500 } }
      const before = await liveServer(defer, engine, config)
      const [ada, bob] = [await before.client({ query: 'room=a' }), await before.client({ query: 'room=a' })]
      await ada.next('peer-joined')
      await before.server.stop()
      const after = await liveServer(defer, engine, config)
      const again = after.dial({ resume: ada.resume })
      assert.ok((await again.next('welcome')).session.resumed)
      assert.is((await again.next('peer-left')).peer.id, bob.id)
      const late = after.dial({ resume: bob.resume })
      assert.is((await late.next('welcome')).session.resumed, false)
      assert.equal([after.server.stats.peers, after.server.stats.detached], [2, 0])
    })

    test('a place that sessions of the last process hold is given to nobody else', async (defer) => {
      const file = join(temporaryFolder(defer), 'sessions')
      const config = { sessions: { file }, limits: { drainMs: 0 } }
      const before = await liveServer(defer, engine, config)
      const clients = await Promise.all(Array.from({ length: 8 }, () => before.client()))
      for (const client of clients.filter((_, i) => i % 2 === 0)) {
        client.send({ type: 'bye' })
        await client.closed
      }
      await before.server.stop()
      const after = await liveServer(defer, engine, config)
      const fresh = await Promise.all(Array.from({ length: 8 }, () => after.client()))
      const kept = clients.filter((_, i) => i % 2 === 1)
      for (const client of kept) {
        const again = after.dial({ resume: client.resume })
        assert.is((await again.next('welcome')).peer, client.id)
      }
      const slots = [...fresh, ...kept].map(({ id }) => id.slice(0, 7))
      assert.is(new Set(slots).size, 12)
    })
  })
}

for (const engine of ENGINES) {
  suite(`resume/keeping: guests (${engine})`, (test) => {
    test('sessions that began on other nodes are restored like others, though their ids point to the same slots', async () => {
      const ids = ['aaaAAAFbbbcccccc', 'zzzAAAFbbbcccccc', 'zzz____bbbcccccc', 'aaaAAAEbbbcccccc']
      const tickets = ids.map((_, i) => `ticket ${i}`)
      const saved = ids.map((id, i) => ({
        id,
        principal: { id: 'ada', grants: {} },
        address: '127.0.0.1',
        ticket: hashOf(tickets[i]!),
        spentTicket: null,
        lastId: i,
        lostCode: 4000,
        lostAt: 0,
        outbox: { sent: 0, written: 0, frames: [] },
        refusals: [],
        rooms: [{ name: 'r', data: `${i}`, door: 'open' as const, stamp: i, hidden: false }],
      }))
      const file = { take: () => ({ sessions: saved, incarnations: [] }), write() {} }
      const node = new TestNode(engine, undefined, { file: file as unknown as SessionFile })
      assert.equal([node.stats.peers, node.stats.memberships], [4, 4])
      const back = ids.map((_, i) => {
        const traveller = new Traveller('ada')
        traveller.ticket = tickets[i]!
        return traveller
      })
      for (const [i, one] of back.entries()) {
        assert.ok(await one.come(node))
        assert.equal([one.id, one.losses], [ids[i], 0])
      }
      const newcomer = new Traveller('newcomer')
      await newcomer.come(node)
      newcomer.join('r')
      newcomer.request({ type: 'publish', room: 'r', data: 'to all' })
      await new Promise((resolve) => setImmediate(resolve))
      newcomer.read()
      assert.equal(newcomer.others('r'), ids.toSorted())
      for (const one of back) {
        one.read()
        assert.equal(one.heard(), [`${newcomer.id} publish to all`])
      }
    })
  })
}

suite('resume/keeping: processes', (test) => {
  const config = (folder: string, port: number) => ({
    listen: { port },
    admin: false,
    page: false,
    limits: { drainMs: 100 },
    sessions: { file: join(folder, 'sessions') },
  })

  test('a process that is replaced: sessions go on; one that is killed: clients are told', async (defer) => {
    const folder = temporaryFolder(defer, { 'a.json': JSON.stringify(config(temporaryFolder(defer), 0)) })
    const start = async () => {
      const command = signalbox(defer, ['start', '--config', 'a.json'], { cwd: folder })
      const { clients } = await banner(command)
      return { command, url: clients.replace(/^ws/, 'http').replace('/signal', '') }
    }
    const dial = (url: string, resume?: string) => {
      const client = new RawClient(url, resume === undefined ? { query: 'room=a' } : { resume })
      defer(() => client.socket.terminate())
      return client
    }
    const first = await start()
    const ada = dial(first.url)
    await ada.next('joined')
    const bob = dial(first.url)
    await bob.next('joined')
    await ada.next('peer-joined')
    first.command.child.kill('SIGTERM')
    assert.not('ticket' in (await bob.next('goaway')))
    assert.is((await ada.closed).code, 4000)
    assert.is(await first.command.exit, 0)

    const second = await start()
    const ada2 = dial(second.url, ada.resume)
    assert.equal([(await ada2.next('welcome')).session.resumed, ada2.id], [true, ada.id])
    const bob2 = dial(second.url, bob.resume)
    assert.equal([(await bob2.next('welcome')).session.resumed, bob2.id], [true, bob.id])
    ada2.send({ type: 'publish', id: 1, room: 'a', data: 'as if nothing had happened' })
    assert.is((await bob2.next('publish')).data, 'as if nothing had happened')
    second.command.child.kill('SIGKILL')
    await second.command.exit

    const third = await start()
    const ada3 = dial(third.url, ada2.resume)
    assert.is((await ada3.next('welcome')).session.resumed, false)
    assert.is((await ada3.next('error')).code, 'E_RESUME')
  }, 30_000)

  test('a folder that is not there is told at the start, not at the end', async (defer) => {
    const folder = temporaryFolder(defer)
    const error = await rejection(
      liveServer(defer, 'js', { sessions: { file: join(folder, 'none', 'sessions') } }),
    )
    assert.match(error.message, /sessions\.file: its folder .*none can't be written to \(ENOENT\)/)
  })
})
