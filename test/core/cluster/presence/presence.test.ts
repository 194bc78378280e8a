import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { PRESENCE } from '../../../../core/cluster/presence/presence-records.js'
import { SessionFile } from '../../../../core/resume/session-file.js'
import { capturedLogger } from '../../../captured-logger.js'
import { Dice } from '../../../dice.js'
import { ENGINES, suite } from '../../../suite.js'
import { temporaryFolder } from '../../../temporary-folder.js'
import { FakeNetwork } from '../fake-network.js'
import { type NodeOptions, TestNode } from '../node.js'
import { Turmoil } from '../turmoil.js'

for (const engine of ENGINES) {
  const cluster = (count: number, options: NodeOptions = {}) => {
    const network = new FakeNetwork()
    const clusters = Array.from({ length: count }, (_, i) => network.cluster(`node${i}`))
    const nodes = clusters.map((one) => new TestNode(engine, one, options))
    return { network, clusters, nodes: nodes as [TestNode, TestNode, TestNode] }
  }

  /** Ada on the first node and Bob on the second, in room `a`, and everything at rest. */
  const meeting = async (options: NodeOptions = {}, count = 2) => {
    const made = cluster(count, options)
    const [ada, bob] = [await made.nodes[0].client(), await made.nodes[1].client()]
    for (const client of [ada, bob]) {
      client.send({ type: 'join', room: 'a' })
      await made.network.settle()
    }
    return { ...made, ada, bob }
  }

  suite(`presence: who is there (${engine})`, (test) => {
    test('members of one room on two nodes know each other, with their metadata', async () => {
      const { network, nodes } = cluster(2)
      const [ada, bob] = [await nodes[0].client(), await nodes[1].client()]
      ada.send({ type: 'join', room: 'a', data: { name: 'Ada' } })
      bob.send({ type: 'join', room: 'a', data: { name: 'Bob' } })
      await network.settle()
      assert.equal(ada.others('a'), [bob.id])
      assert.equal(bob.others('a'), [ada.id])
      assert.equal(ada.of('peer-joined')[0]!.peer.data, { name: 'Bob' })
      assert.is(ada.politeTo(bob.id), !bob.politeTo(ada.id))
      const eve = await nodes[1].client()
      eve.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.equal(eve.others('a'), [ada.id, bob.id].sort())
      assert.equal([eve.politeTo(ada.id), eve.politeTo(bob.id)], [true, true])
      assert.equal([ada.politeTo(eve.id), bob.politeTo(eve.id)], [false, false])
    })

    test('updates and departures are told, once', async () => {
      const { network, ada, bob } = await meeting()
      bob.send({ type: 'update', room: 'a', data: { muted: true } })
      await network.settle()
      assert.equal(
        ada.of('peer-updated').map(({ peer }) => peer),
        [{ id: bob.id, data: { muted: true } }],
      )
      bob.leave()
      await network.settle()
      assert.equal(
        ada.of('peer-left').map(({ peer }) => peer),
        [{ id: bob.id }],
      )
    })

    test('ids of two nodes differ also where slots and generations are the same', async () => {
      const { ada, bob } = await meeting()
      assert.is.not(ada.id, bob.id)
      assert.is(ada.id.slice(3, 10), bob.id.slice(3, 10))
    })

    test('hidden members hear everything and are told to nobody', async () => {
      const { network, nodes, ada, bob } = await meeting()
      const watcher = await nodes[1].client({ grants: { hidden: true } })
      watcher.send({ type: 'join', room: 'a' })
      const alone = await nodes[1].client({ grants: { hidden: true } })
      alone.send({ type: 'join', room: 'b' })
      ada.send({ type: 'join', room: 'b' })
      await network.settle()
      assert.equal(ada.others('a'), [bob.id])
      assert.equal(ada.others('b'), [])
      assert.equal(watcher.others('a'), [ada.id, bob.id].sort())
      ada.send({ type: 'publish', room: 'a', data: 1 })
      ada.send({ type: 'publish', room: 'b', data: 2 })
      await network.settle()
      assert.equal([watcher.heard(), alone.heard()], [['publish 1'], ['publish 2']])
      watcher.leave()
      await network.settle()
      assert.equal(ada.of('peer-left'), [])
    })

    test('a newcomer counts those elsewhere: a room that is full is full on every node', async () => {
      const { network, nodes, ada, bob } = await meeting({ rooms: [{ match: 'a', capacity: 2 }] })
      const eve = await nodes[1].client()
      eve.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.is(eve.of('error')[0]!.code, 'E_ROOM_FULL')
      ada.leave()
      await network.settle()
      eve.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.equal(bob.others('a'), [eve.id])
    })

    test('of more than fit who join at once, those who came last leave again: all nodes agree who', async () => {
      const { network, nodes } = cluster(3, { rooms: [{ match: 'a', capacity: 2 }] })
      const clients = await Promise.all([0, 1, 2].map((i) => nodes[i]!.client()))
      for (const client of clients) client.send({ type: 'join', room: 'a' })
      await network.settle()
      const out = clients.filter((client) => client.of('kicked').length > 0)
      const [one, other] = clients.filter((client) => !out.includes(client))
      assert.is(out.length, 1)
      assert.equal([one!.others('a'), other!.others('a')], [[other!.id], [one!.id]])
    })

    for (const duplicates of ['reject', 'replace'] as const) {
      test(`one principal is in a room once (${duplicates}), also when it joins on two nodes at once`, async () => {
        const { network, nodes } = cluster(2, { rooms: [{ match: '*', duplicates }] })
        const [first, second] = [
          await nodes[0].client({ name: 'ada' }),
          await nodes[1].client({ name: 'ada' }),
        ]
        const bob = await nodes[0].client({ name: 'bob' })
        for (const room of ['slowly', 'at once']) {
          for (const client of [bob, first, second]) {
            client.send({ type: 'join', room })
            if (room === 'at once') continue
            for (const { clock } of nodes) clock.advance(500) // stamps are told
            await network.settle()
          }
          await network.settle()
          const left = bob.others(room)
          assert.is(left.length, 1, room)
          const [stays, goes] = left[0] === first.id ? [first, second] : [second, first]
          assert.equal(stays.others(room), [bob.id], room)
          assert.equal(goes.others(room), [], room)
          if (room === 'slowly') assert.is(stays.id, (duplicates === 'reject' ? first : second).id)
        }
        if (duplicates === 'replace') return
        const carl = await nodes[1].client({ name: 'carl' })
        carl.send({ type: 'join', room: 'slowly' })
        await network.settle()
        second.send({ type: 'join', room: 'slowly' })
        await network.settle()
        assert.equal(
          second.of('error').map(({ code }) => code),
          ['E_DUPLICATE'],
          'a node that knows the other one refuses at once',
        )
      })
    }

    test('whoever lost its session is not kept out by what is left of it on another node', async () => {
      const { network, nodes } = cluster(2, { rooms: [{ match: '*', duplicates: 'reject' }] })
      const [bob, before] = [await nodes[1].client({ name: 'bob' }), await nodes[0].client({ name: 'ada' })]
      for (const client of [bob, before]) client.send({ type: 'join', room: 'a' })
      await network.settle()
      before.cut()
      await network.settle()
      const after = await nodes[1].client({ name: 'ada' })
      after.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.equal(after.of('error'), [])
      assert.equal(bob.others('a'), [after.id])
    })

    test('a door that a moderator has shut is shut on every node', async () => {
      const { network, nodes, ada, bob } = await meeting()
      const mod = await nodes[0].client({ grants: { moderate: true } })
      mod.send({ type: 'join', room: 'a' })
      mod.send({ type: 'moderate', room: 'a', data: { action: 'lock' } })
      await network.settle()
      assert.equal(
        bob.of('door').map(({ door }) => door),
        ['locked'],
      )
      const late = await nodes[1].client()
      late.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.is(late.of('error')[0]?.code, 'E_LOCKED')
      assert.equal(ada.others('a'), [bob.id, mod.id].sort())
      mod.send({ type: 'moderate', room: 'a', data: { action: 'open' } })
      await network.settle()
      late.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.equal(ada.others('a'), [bob.id, mod.id, late.id].sort())
    })

    test('who comes in where nobody can know that the door is shut is sent out, and has seen nobody', async () => {
      const { network, nodes } = cluster(2)
      const [mod, ada] = [await nodes[0].client({ grants: { moderate: true } }), await nodes[0].client()]
      for (const client of [mod, ada]) client.send({ type: 'join', room: 'a' })
      mod.send({ type: 'moderate', room: 'a', data: { action: 'lock' } })
      await network.settle()
      const late = await nodes[1].client()
      late.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.is(late.of('kicked').length, 1)
      assert.equal(late.of('peer-joined'), [])
      assert.equal(ada.of('peer-joined'), [])
      assert.is(nodes[1].stats.rooms, 0)
    })

    test('whoever waits before a room that is open on another node is let in by what is decided there', async () => {
      const { network, nodes } = cluster(2, { rooms: [{ match: '*', door: 'lobby' }] })
      const mod = await nodes[0].client({ grants: { moderate: true } })
      mod.send({ type: 'join', room: 'a' })
      const [eve, ann] = [await nodes[1].client(), await nodes[1].client()]
      for (const client of [eve, ann]) client.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.equal([eve.of('waiting').length, eve.of('joined').length], [1, 0])
      ann.send({ type: 'leave', room: 'a' })
      mod.send({ type: 'moderate', room: 'a', data: { action: 'open' } })
      await network.settle()
      assert.equal([eve.others('a'), ann.of('joined')], [[mod.id], []])
      eve.leave()
      await network.settle()
      assert.is(nodes[1].stats.rooms, 0)
    })

    test('sessions that outlive their process are told of everybody anew, and are who they were', async (defer) => {
      const file = new SessionFile(join(temporaryFolder(defer), 'sessions'), capturedLogger().logger)
      const network = new FakeNetwork()
      const [first, other, second] = ['first', 'other', 'second'].map((name) => network.cluster(name))
      const before = new TestNode(engine, first!, { file })
      const [ada, bob] = [await before.client(), await new TestNode(engine, other!).client()]
      for (const client of [ada, bob]) {
        client.send({ type: 'join', room: 'a' })
        before.clock.advance(500)
        await network.settle()
      }
      before.hub.stop()
      network.cut(first!, other!)
      const after = new TestNode(engine, second!, { file })
      network.cut(first!, second!)
      await network.settle()
      ada.hub = after.hub
      await ada.connect(true)
      assert.is(ada.of('welcome').at(-1)!.session.resumed, true)
      assert.equal([ada.others('a'), bob.others('a')], [[bob.id], [ada.id]])
      assert.equal([ada.politeTo(bob.id), bob.politeTo(ada.id)], [false, true])
      const told = ['joined', 'peer-joined', 'peer-left', 'peer-joined']
      assert.equal(
        ada.counted.map(({ type }) => type),
        told,
      )
    })

    test('a large room is introduced whole, a part at a time, while its members come and go', async () => {
      const { network, nodes } = cluster(2, { limits: { metadataBytes: 16_384 } })
      const data = 'x'.repeat(16_000)
      const crowd = await Promise.all(Array.from({ length: 120 }, () => nodes[0].client()))
      for (const client of crowd) client.send({ type: 'join', room: 'a', data })
      await network.settle()
      const bob = await nodes[1].client()
      bob.send({ type: 'join', room: 'a' })
      for (let i = 0; i < 20; i++) network.step()
      for (const client of crowd.splice(40, 40)) client.leave()
      await network.settle()
      assert.equal(bob.others('a'), crowd.map(({ id }) => id).sort())
      assert.ok(network.mostUnderWay < 2 * 1024 * 1024, `${network.mostUnderWay} bytes under way`)
    })
  })

  suite(`presence: what is said (${engine})`, (test) => {
    test('a published frame goes once over a link, however many members are there', async () => {
      const { network, nodes, ada, bob } = await meeting()
      const crowd = await Promise.all([0, 1, 2, 3].map(() => nodes[1].client()))
      for (const client of crowd) client.send({ type: 'join', room: 'a' })
      await network.settle()
      ada.send({ type: 'publish', room: 'a', data: 'x' })
      await network.settle()
      assert.is(network.travelled.get(PRESENCE.frame), 1)
      for (const client of [bob, ...crowd]) {
        assert.equal(client.of('publish'), [{ type: 'publish', room: 'a', from: ada.id, data: 'x' }])
      }
    })

    test('offer, answer, candidate and signal reach one peer, and nobody else', async () => {
      const { network, nodes, ada, bob } = await meeting()
      const eve = await nodes[1].client()
      eve.send({ type: 'join', room: 'a' })
      await network.settle()
      for (const type of ['offer', 'answer', 'candidate', 'signal']) {
        ada.send({ type, room: 'a', to: bob.id, data: { sdp: type } })
      }
      await network.settle()
      assert.equal(
        bob.of('offer', 'answer', 'candidate', 'signal'),
        ['offer', 'answer', 'candidate', 'signal'].map((type) => ({
          type,
          room: 'a',
          from: ada.id,
          data: { sdp: type },
        })),
      )
      assert.equal(eve.heard(), [])
    })

    test('to somebody who is in another room, has left or never was: E_NO_PEER, as on one node', async () => {
      const { network, nodes, ada, bob } = await meeting()
      const eve = await nodes[1].client()
      eve.send({ type: 'join', room: 'b' })
      bob.send({ type: 'leave', room: 'a' })
      await network.settle()
      for (const to of [eve.id, bob.id, ada.id, 'AAAAAAAAAAAAAAAA', 'nobody'])
        ada.request({ type: 'offer', room: 'a', to, data: 1 })
      await network.settle()
      assert.equal(
        ada.of('error').map(({ id, code }) => [id, code]),
        [1, 2, 3, 4, 5].map((id) => [id, 'E_NO_PEER']),
      )
      assert.is(ada.acked, 5)
      assert.equal([eve.heard(), bob.heard()], [[], []])
    })

    test('what one peer sends to another keeps its order, direct and published together', async () => {
      const { network, ada, bob } = await meeting()
      const said: string[] = []
      for (let i = 0; i < 60; i++) {
        const type = i % 3 === 0 ? 'publish' : 'signal'
        ada.send({ type, room: 'a', data: i, ...(type === 'signal' ? { to: bob.id } : {}) })
        said.push(`${type} ${i}`)
        if (i % 7 === 0) network.step()
      }
      await network.settle()
      assert.equal(bob.heard(), said)
    })

    test('what a policy has rewritten is what goes to other nodes', async () => {
      const rewriting = { dataKinds: ['publish', 'signal'], onData: () => '"rewritten"' } as const
      const { network, ada, bob } = await meeting({ policies: [rewriting] })
      ada.send({ type: 'publish', room: 'a', data: 'x' })
      ada.send({ type: 'signal', room: 'a', to: bob.id, data: 'x' })
      await network.settle()
      assert.equal(bob.heard(), ['publish rewritten', 'signal rewritten'])
    })

    test('policies and the bound on amplification count those elsewhere', async () => {
      const asked: [string, number][] = []
      const counting = {
        onMessage: ({ kind, recipients }: { kind: string; recipients: number }) =>
          void asked.push([kind, recipients]),
      }
      const limits = { amplification: 1, amplificationBytes: 1024 }
      const { network, nodes, ada } = await meeting({ policies: [counting], limits })
      for (const client of await Promise.all([0, 1, 2].map(() => nodes[1].client())))
        client.send({ type: 'join', room: 'a' })
      await network.settle()
      ada.send({ type: 'publish', room: 'a', data: 'x'.repeat(600) })
      ada.send({ type: 'update', room: 'a', data: 1 })
      assert.equal(asked, [
        ['publish', 4],
        ['update', 4],
      ])
      ada.send({ type: 'publish', room: 'a', data: 1 })
      await network.settle()
      assert.equal(
        ada.of('error').map(({ code }) => code),
        ['E_FANOUT', 'E_FANOUT'],
      )
    })
  })

  suite(`presence: amplification (${engine})`, (test) => {
    test('whoever joins a room of many elsewhere has caused their introductions, as it would have here', async () => {
      const { network, nodes } = cluster(2, { limits: { amplification: 1, amplificationBytes: 4096 } })
      const crowd = await Promise.all(Array.from({ length: 50 }, () => nodes[0].client()))
      for (const client of crowd) client.send({ type: 'join', room: 'a' })
      await network.settle()
      const bob = await nodes[1].client()
      bob.send({ type: 'join', room: 'a' })
      await network.settle()
      assert.is(bob.others('a').length, 50)
      bob.send({ type: 'join', room: 'b' })
      await network.settle()
      assert.is(bob.of('error')[0]?.code, 'E_FANOUT')
    })

    test('who is there is not made to pay for those who come later', async () => {
      const { network, nodes, bob } = await meeting({
        limits: { amplification: 1, amplificationBytes: 4096 },
      })
      for (let i = 0; i < 50; i++) {
        const client = await nodes[0].client()
        client.send({ type: 'join', room: 'a' })
        await network.settle()
      }
      bob.send({ type: 'join', room: 'b' })
      await network.settle()
      assert.equal(bob.of('error'), [])
    })
  })

  suite(`presence: acknowledgements (${engine})`, (test) => {
    test('a message is acknowledged when every node concerned has it, and not before', async () => {
      const { network, nodes, ada, bob } = await meeting({}, 3)
      const eve = await nodes[2].client()
      eve.send({ type: 'join', room: 'a' })
      await network.settle()
      const line = 'node0___________ to node2___________'
      network.frozen.add(line)
      ada.request({ type: 'publish', room: 'a', data: 'to both' })
      ada.request({ type: 'signal', room: 'a', to: bob.id, data: 'to bob' })
      ada.request({ type: 'stats', room: 'a', data: {} })
      await network.settle()
      assert.equal(bob.heard(), ['publish to both', 'signal to bob'])
      assert.is(ada.acked, 0, 'the first of them waits for the third node, and the others for the first')
      network.frozen.delete(line)
      await network.settle()
      assert.is(ada.acked, 3)
      assert.equal(eve.heard(), ['publish to both'])
    })

    test('a message that concerns nobody elsewhere is acknowledged at once', async () => {
      const { network, nodes, ada } = await meeting()
      const carl = await nodes[0].client()
      carl.send({ type: 'join', room: 'a' })
      await network.settle()
      for (const line of ['node0___________ to node1___________', 'node1___________ to node0___________'])
        network.frozen.add(line)
      ada.request({ type: 'signal', room: 'a', to: carl.id, data: 1 })
      await network.settle()
      assert.equal([ada.acked, carl.heard()], [1, ['signal 1']])
    })

    test('a link that goes down: members leave, what was for one of them alone is refused, the rest is done', async () => {
      const { network, clusters, nodes, ada, bob } = await meeting()
      const eve = await nodes[0].client()
      eve.send({ type: 'join', room: 'a' })
      await network.settle()
      network.frozen.add('node0___________ to node1___________')
      ada.request({ type: 'publish', room: 'a', data: 1 })
      ada.request({ type: 'signal', room: 'a', to: bob.id, data: 2 })
      ada.request({ type: 'signal', room: 'a', to: eve.id, data: 3 })
      await network.settle()
      assert.is(ada.acked, 0)
      network.cut(clusters[0]!, clusters[1]!)
      await network.settle()
      assert.equal([ada.others('a'), bob.others('a')], [[eve.id], []])
      assert.equal(
        ada.of('error').map(({ id, code }) => [id, code]),
        [[2, 'E_NO_PEER']],
      )
      assert.is(ada.acked, 3)
      const types = ada.inbox.map(({ type }) => type).slice(-3)
      assert.equal(types, ['peer-left', 'error', 'ack'], 'that its receivers have left is told before')

      network.frozen.clear()
      network.heal(clusters[0]!, clusters[1]!)
      await network.settle()
      assert.equal([ada.others('a'), bob.others('a')], [[eve.id, bob.id].sort(), [ada.id, eve.id].sort()])
      assert.equal(bob.heard(), [], 'what was given up does not come later')
      ada.request({ type: 'publish', room: 'a', data: 4 })
      await network.settle()
      assert.equal([bob.heard(), ada.acked], [['publish 4'], 4])
    })

    test('a session that goes on is told what is acknowledged, and may send the rest again: it comes once', async () => {
      const { network, ada, bob } = await meeting()
      const line = 'node0___________ to node1___________'
      network.frozen.add(line)
      ada.request({ type: 'publish', room: 'a', data: 1 })
      ada.request({ type: 'publish', room: 'a', data: 2 })
      ada.cut()
      bob.send({ type: 'publish', room: 'a', data: 'meanwhile' })
      await network.settle()
      await ada.connect(true)
      const { session } = ada.of('welcome').at(-1)!
      assert.equal([session.resumed, session.lastId], [true, 0])
      assert.equal(ada.heard(), ['publish meanwhile'])
      for (const id of [1, 2]) ada.send({ type: 'publish', room: 'a', data: id, id })
      await network.settle()
      assert.equal([ada.acked, ada.of('error')], [0, []])
      network.frozen.delete(line)
      await network.settle()
      assert.equal([ada.acked, bob.heard()], [2, ['publish 1', 'publish 2']])
    })

    test('what is not confirmed may be sent again once a socket; more of it counts as out of order', async () => {
      const told: string[] = []
      const watching = { onRefused: ({ code }: { code: string }) => void told.push(code) }
      const { network, ada } = await meeting({ policies: [watching] })
      network.frozen.add('node0___________ to node1___________')
      for (const data of [1, 2]) ada.request({ type: 'publish', room: 'a', data })
      const again = () => [1, 2].forEach((id) => void ada.send({ type: 'publish', room: 'a', data: id, id }))
      again()
      assert.equal(told, [])
      again()
      assert.equal(told, ['E_ORDER', 'E_ORDER'])
      ada.cut()
      await ada.connect(true)
      again()
      assert.is(told.length, 2)
      network.frozen.clear()
      await network.settle()
      assert.is(ada.acked, 2)
      again()
      assert.is(told.length, 4)
    })

    test('a server that goes away, and has nowhere to send its clients, waits until what it took is confirmed; not for ever', async () => {
      for (const isConfirmed of [true, false]) {
        const { network, clusters, nodes, ada, bob } = await meeting({ limits: { drainMs: 100 } })
        network.frozen.add('node0___________ to node1___________')
        ada.request({ type: 'publish', room: 'a', data: 1 })
        clusters[1]!.report({ load: 0, peers: 1, draining: true })
        const carl = await nodes[0].client()
        const drained = nodes[0].hub.drain()
        const { clock } = nodes[0]
        for (let ms = 0; ms < 2000; ms += 20) clock.advance(20)
        await network.settle()
        assert.equal([carl.connection.closed?.code, ada.connection.closed?.code], [4000, undefined])
        if (isConfirmed) network.frozen.clear()
        await network.settle()
        clock.advance(20)
        assert.is(ada.connection.closed?.code, isConfirmed ? 4000 : undefined)
        assert.equal([ada.acked, bob.heard()], isConfirmed ? [1, ['publish 1']] : [0, []])
        for (let ms = 0; ms < 6000; ms += 20) clock.advance(20)
        await drained
        assert.is(ada.connection.closed?.code, 4000)
      }
    })

    test('a refusal that comes while the client is away is told when it is back', async () => {
      const { network, clusters, ada, bob } = await meeting()
      network.frozen.add('node0___________ to node1___________')
      ada.request({ type: 'signal', room: 'a', to: bob.id, data: 1 })
      ada.cut()
      network.cut(clusters[0]!, clusters[1]!)
      await network.settle()
      await ada.connect(true)
      await network.settle()
      assert.equal(
        ada.of('error').map(({ id, code }) => [id, code]),
        [[1, 'E_NO_PEER']],
      )
      assert.equal([ada.of('welcome').at(-1)!.session.lastId, ada.acked], [1, 1])
      assert.equal(ada.others('a'), [])
    })
  })

  suite(`presence: in turmoil (${engine})`, (test) => {
    for (const withCuts of [false, true]) {
      const what = withCuts ? 'links that break and come back' : 'links that only delay'
      test(`members, messages and acknowledgements come right whatever happens: ${what}`, async () => {
        let kept = 0
        for (let seed = 1; seed <= 12; seed++) {
          const turmoil = new Turmoil(engine, new Dice(seed * 7919), withCuts)
          await turmoil.run(120)
          await turmoil.end()
          turmoil.check(`seed ${seed}`)
          kept += turmoil.kept
        }
        assert.ok(kept > 100, `${kept} messages were owed`)
      }, 120_000)
    }
  })
}
