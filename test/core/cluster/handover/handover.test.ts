import * as assert from 'uvu/assert'
import { HANDOVER, movedRecord } from '../../../../core/cluster/handover/handover-records.js'
import { hashOf } from '../../../../core/resume/tickets.js'
import { Dice } from '../../../dice.js'
import { ENGINES, suite } from '../../../suite.js'
import { Crowd } from '../crowd.js'
import { FakeNetwork } from '../fake-network.js'
import { type NodeOptions, TestNode } from '../node.js'
import { Traveller } from '../traveller.js'

for (const engine of ENGINES) {
  const cluster = (count: number, options: NodeOptions = {}) => {
    const network = new FakeNetwork()
    const clusters = Array.from({ length: count }, (_, i) => network.cluster(`node${i}`))
    const nodes = clusters.map((one) => new TestNode(engine, one, options))
    return { network, clusters, nodes: nodes as [TestNode, TestNode, TestNode] }
  }
  /** Lets a promise come true that hangs on what travels between nodes. */
  const settled = async <T>(network: FakeNetwork, promise: Promise<T>): Promise<T> => {
    await network.settle()
    return promise
  }
  const at = async (network: FakeNetwork, node: TestNode, name: string, ...rooms: string[]) => {
    const traveller = new Traveller(name)
    await traveller.come(node)
    for (const room of rooms) traveller.join(room)
    await network.settle()
    traveller.read()
    return traveller
  }

  suite(`handover (${engine})`, (test) => {
    test('a session goes on at another node: nothing is lost or doubled, and nobody else notices', async () => {
      const { network, nodes } = cluster(3)
      const [ada, bob, cyd] = [
        await at(network, nodes[0], 'ada', 'r'),
        await at(network, nodes[1], 'bob', 'r'),
        await at(network, nodes[2], 'cyd', 'r'),
      ]
      const eve = await at(network, nodes[0], 'eve', 'r')
      eve.cut()
      for (const other of [ada, bob, cyd]) {
        other.request({ type: 'publish', room: 'r', data: 1 })
        other.request({ type: 'offer', room: 'r', to: eve.id, data: 2 })
      }
      await network.settle()
      const { id } = eve
      assert.ok(await settled(network, eve.come(nodes[1])))
      await network.settle()
      for (const other of [ada, bob, cyd]) {
        other.request({ type: 'publish', room: 'r', data: 3 })
        other.request({ type: 'offer', room: 'r', to: eve.id, data: 4 })
      }
      eve.request({ type: 'publish', room: 'r', data: 'here' })
      await network.settle()
      for (const one of [ada, bob, cyd, eve]) one.read()
      assert.equal([eve.losses, eve.id], [0, id])
      for (const { id: from } of [ada, bob, cyd]) {
        const heard = eve.heard().filter((text) => text.startsWith(from))
        assert.equal(heard, [`${from} publish 1`, `${from} offer 2`, `${from} publish 3`, `${from} offer 4`])
      }
      assert.is(eve.acked, 2)
      for (const other of [ada, bob, cyd]) {
        assert.equal([other.acked, [...other.errors]], [5, []])
        assert.ok(other.heard().includes(`${id} publish here`))
        assert.equal(
          other.counted.filter(({ type }) => type === 'peer-left'),
          [],
        )
      }
    })

    test('told at once: a node that ended says that the session is where it is no more', async () => {
      const { network, clusters, nodes } = cluster(3)
      const eve = await at(network, nodes[0], 'eve', 'r')
      const [, asked, ended] = clusters
      eve.ticket = asked!.incarnation + 'A'.repeat(32)
      const record = movedRecord([[hashOf(eve.ticket), asked!.incarnation]])
      const link = ended!.link(asked!.incarnation)!
      await network.settle()
      link.send(HANDOVER.moved, record)
      await network.settle()
      assert.ok(await settled(network, eve.come(nodes[0])))
      assert.is(eve.losses, 1)
    })

    test('told at once: the node that had the session is dead, or was never there', async () => {
      const { network, clusters, nodes } = cluster(2)
      const eve = await at(network, nodes[0], 'eve', 'r')
      network.cut(clusters[0]!, clusters[1]!)
      assert.ok(await eve.come(nodes[1]), 'without a step of the network')
      assert.is(eve.losses, 1)
      eve.ticket = 'A'.repeat(48)
      assert.ok(await eve.come(nodes[1]))
      assert.is(eve.losses, 2)
    })

    test('a ticket that is forged, foreign, reused, or comes with an impossible count: one answer', async () => {
      const { network, nodes } = cluster(2)
      const eve = await at(network, nodes[0], 'eve', 'r')
      const spent = eve.ticket
      eve.cut()
      await eve.come(nodes[0])
      const { ticket, id } = eve
      const refused = async (name: string, shown: string, seen: number) => {
        const other = new Traveller(name)
        other.ticket = shown
        for (let i = 0; i < seen; i++) other.counted.push({ type: 'nothing', room: 'r' })
        const before = network.travelled.get(16) ?? 0
        assert.ok(await settled(network, other.come(nodes[1])))
        assert.equal([other.losses, other.id === id], [1, false])
        assert.is((network.travelled.get(16) ?? 0) - before, 1, 'one record')
      }
      await refused('eve', ticket.slice(0, -1) + (ticket.endsWith('A') ? 'B' : 'A'), 1)
      await refused('mallory', ticket, 1)
      await refused('eve', spent, 1)
      await refused('eve', ticket, 7)
      assert.ok(eve.isConnected, 'nobody has touched it')
      eve.cut()
      assert.ok(await settled(network, eve.come(nodes[1])))
      assert.equal([eve.losses, eve.id], [0, id])
    })

    test('of two nodes that claim one session at once, one gets it, and the other is told or comes again', async () => {
      for (let seed = 1; seed <= 8; seed++) {
        const dice = new Dice(seed)
        const { network, nodes } = cluster(3)
        const ada = await at(network, nodes[0], 'ada', 'r')
        const eve = await at(network, nodes[0], 'eve', 'r')
        const thief = new Traveller('eve')
        thief.ticket = eve.ticket
        thief.counted.push(...eve.counted)
        const both = Promise.all([eve.come(nodes[1]), thief.come(nodes[2])])
        await network.settle(() => dice.roll(1000) / 1000)
        await both
        for (const one of [eve, thief, ada]) one.read()
        const live = [eve, thief].filter(({ losses, isConnected }) => losses === 0 && isConnected)
        assert.is(live.length, 1, `seed ${seed}`)
        assert.equal(ada.others('r'), [live[0]!.id], `seed ${seed}`)
        assert.equal(
          ada.counted.filter(({ type }) => type === 'peer-left'),
          [],
        )
      }
    })

    test('whoever came from elsewhere is reached by its id, from here and there, moves on, and comes home', async () => {
      const { network, nodes } = cluster(3)
      const ada = await at(network, nodes[0], 'ada', 'r')
      const bob = await at(network, nodes[1], 'bob', 'r')
      const eve = await at(network, nodes[0], 'eve', 'r')
      const polite = eve.counted[0]!.peers.map((peer: { polite: boolean }) => peer.polite)
      const { id } = eve
      let count = 0
      for (const where of [1, 2, 1, 0, 1]) {
        assert.ok(await settled(network, eve.come(nodes[where]!)))
        await network.settle()
        for (const other of [ada, bob]) other.request({ type: 'offer', room: 'r', to: id, data: ++count })
        eve.request({ type: 'answer', room: 'r', to: ada.id, data: count })
        eve.request({ type: 'publish', room: 'r', data: count })
        await network.settle()
        for (const one of [ada, bob, eve]) one.read()
        assert.equal([eve.id, eve.losses, [...ada.errors, ...bob.errors, ...eve.errors]], [id, 0, []])
        assert.is(eve.heard().length, count)
        assert.is(ada.heard().length, count)
        assert.equal([ada.others('r'), bob.others('r')], [[bob.id, id].sort(), [ada.id, id].sort()])
      }
      assert.equal(polite, [true, true])
      const newcomer = await at(network, nodes[2], 'newcomer', 'r')
      assert.is(newcomer.counted.find(({ peer }) => peer?.id === id)!.peer.data, 'eve')
      assert.is(nodes[1]!.hub.kick({ peer: id }, 'a test'), 1)
      await network.settle()
      for (const one of [ada, bob, newcomer]) one.read()
      assert.equal(ada.others('r'), [bob.id, newcomer.id].sort())
      assert.is(eve.connection.closed?.code, 4504)
    })

    test('whoever waits at a door is told, and a session in no room moves too', async () => {
      const { network, nodes } = cluster(2, { rooms: [{ match: 'lobby', door: 'lobby' }] })
      const eve = await at(network, nodes[0], 'eve', 'lobby')
      assert.equal(
        eve.counted.map(({ type }) => type),
        ['waiting'],
      )
      assert.ok(await settled(network, eve.come(nodes[1])))
      eve.read()
      assert.equal(
        eve.counted.map(({ type, code }) => [type, code]),
        [
          ['waiting', undefined],
          ['denied', 'E_NOT_ADMITTED'],
        ],
      )
      assert.equal([eve.losses, eve.acked], [0, 1])
    })

    test('what it was refused, what is acknowledged, and what it lacks go along, however much that is', async () => {
      const { network, nodes } = cluster(2)
      const ada = await at(network, nodes[0], 'ada', 'r')
      const eve = await at(network, nodes[0], 'eve', 'r')
      eve.request({ type: 'offer', room: 'r', to: 'A'.repeat(16), data: 0 })
      const { counted } = eve
      eve.connection.writes.length = 0 // it never got the refusal
      eve.cut()
      for (let i = 0; i < 18; i++)
        ada.request({ type: 'publish', room: 'r', data: `${i}${'x'.repeat(50_000)}` })
      await network.settle()
      assert.ok(await settled(network, eve.come(nodes[1])))
      eve.read()
      assert.equal([...eve.errors], [[2, 'E_NO_PEER']])
      assert.equal([eve.losses, eve.acked, counted.length], [0, 2, 19])
      assert.equal(
        counted.slice(1).map(({ data }) => Number.parseInt(data, 10)),
        Array.from({ length: 18 }, (_, i) => i),
      )
    })

    test('a node that is full takes nobody, and the session stays where it is', async () => {
      const { network, nodes } = cluster(2, { limits: { peers: 2 } })
      const eve = await at(network, nodes[0], 'eve', 'r')
      await at(network, nodes[1], 'ada')
      await at(network, nodes[1], 'bob')
      assert.is(await settled(network, eve.come(nodes[1])), false)
      assert.equal([eve.refusals, eve.losses], [1, 0])
      assert.ok(await eve.come(nodes[0]))
      assert.is(eve.losses, 0)
    })

    test('whoever dies at whatever moment of a move: those who live agree on who is there', async () => {
      for (const victim of [0, 1, 2]) {
        for (let steps = 0; steps < 24; steps += 2) {
          const what = `node ${victim} after ${steps} steps`
          const { network, clusters, nodes } = cluster(3)
          const residents: Traveller[] = []
          for (const [i, node] of nodes.entries())
            residents.push(await at(network, node, `resident ${i}`, 'r'))
          const eve = await at(network, nodes[0], 'eve', 'r')
          const { id } = eve
          const coming = eve.come(nodes[1])
          await new Promise((resolve) => setImmediate(resolve))
          for (let i = 0; i < steps; i++) network.step(0.5)
          for (const other of [0, 1, 2]) {
            if (other !== victim) network.cut(clusters[victim]!, clusters[other]!)
          }
          for (let i = 0; i < 3; i++) {
            await network.settle()
            for (const node of nodes) node.clock.advance(4000)
          }
          await network.settle()
          const isThere = await coming
          for (const one of [...residents, eve]) one.read()
          const alive = residents.filter((_, i) => i !== victim)
          const seen = alive.map((one) => one.others('r').filter((other) => other !== one.id))
          const isSeen = seen.map((others) => others.includes(id))
          assert.is(isSeen[0], isSeen[1], what)
          for (const [i, one] of alive.entries()) {
            const rest = [alive[1 - i]!.id, ...(isSeen[0] ? [id] : [])].sort()
            assert.equal(one.others('r'), rest, what)
          }
          // It may come again where it wasn't told what became of it; else it is there exactly if it wasn't told so.
          if (victim !== 1 && isThere) assert.is(isSeen[0], eve.losses === 0, what)
          if (victim === 2 && isThere) assert.is(eve.losses, 0, what)
        }
      }
    })

    test('a move that somebody holds up is called off; the client comes again, and nothing is lost', async () => {
      const { network, nodes } = cluster(3)
      const residents: Traveller[] = []
      for (const [i, node] of nodes.entries()) residents.push(await at(network, node, `resident ${i}`, 'r'))
      const eve = await at(network, nodes[0], 'eve', 'r')
      const line = [...network.clusters.keys()]
      network.frozen.add(`${line[2]} to ${line[0]}`)
      const coming = eve.come(nodes[1])
      await network.settle()
      const speak = async (data: number) => {
        for (const one of residents) {
          one.request({ type: 'publish', room: 'r', data })
          one.request({ type: 'offer', room: 'r', to: eve.id, data: -data })
        }
        await network.settle()
      }
      await speak(1)
      for (const node of nodes) node.clock.advance(5000)
      await network.settle()
      assert.is(await coming, false)
      assert.equal([eve.refusals, eve.losses], [1, 0])
      await speak(2)
      network.frozen.clear()
      await network.settle()
      assert.ok(await settled(network, eve.come(nodes[1])))
      await speak(3)
      for (const one of [...residents, eve]) one.read()
      for (const one of residents) {
        const heard = eve.heard().filter((text) => text.startsWith(one.id))
        const what = [1, 2, 3].flatMap((n) => [`${one.id} publish ${n}`, `${one.id} offer ${-n}`])
        assert.equal(heard, what)
        assert.equal([[...one.errors], one.acked], [[], 7])
        assert.equal(
          one.counted.filter(({ type }) => type === 'peer-left'),
          [],
        )
      }
    })

    test('whoever is thrown out in the middle of a move is out everywhere', async () => {
      for (let steps = 0; steps < 24; steps += 3) {
        const { network, nodes } = cluster(3)
        const residents: Traveller[] = []
        for (const [i, node] of nodes.entries()) residents.push(await at(network, node, `resident ${i}`, 'r'))
        const eve = await at(network, nodes[0], 'eve', 'r')
        const { id } = eve
        const coming = eve.come(nodes[1])
        await new Promise((resolve) => setImmediate(resolve))
        for (let i = 0; i < steps; i++) network.step(0.5)
        for (const { hub } of nodes) hub.kick({ peer: id }, 'a test')
        for (let i = 0; i < 3; i++) {
          await network.settle()
          for (const node of nodes) node.clock.advance(3000)
        }
        await network.settle()
        await coming
        for (const one of residents) {
          one.read()
          const rest = residents.filter((other) => other !== one).map((other) => other.id)
          assert.equal(one.others('r'), rest.sort(), `after ${steps} steps`)
        }
      }
    })

    for (const movers of [1, 3]) {
      test(`${movers} moving while everybody talks: everything comes once and in order, by the dice`, async () => {
        for (let seed = 1; seed <= 6; seed++) {
          const crowd = new Crowd({ engine, seed, nodes: 3, movers, steps: 300 })
          await crowd.assemble()
          await crowd.live()
          await crowd.rest()
          assert.equal(crowd.faults(), [], `seed ${seed}`)
        }
      })
    }
  })
}
