import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { createEngine } from '../../../core/engine/create.js'
import { CAPACITY, type Engine, RIGHTS } from '../../../core/engine/engine.js'
import { KINDS } from '../../../core/protocol.js'
import { ENGINES, suite } from '../../suite.js'
import { BOTH, idOf } from './world.js'

const nameOf = (room: number) => `room ${room}`

/** Who receives what a member publishes, in order. */
function recipientsOf(engine: Engine, sender: number, room: number): number[] | undefined {
  const verdict = engine.ingest(sender, Buffer.from(`{"type":"publish","room":"${nameOf(room)}","data":0}`))
  if (verdict !== KINDS.publish) return undefined
  return [...engine.recipients.subarray(0, engine.recipientCount)]
}

for (const name of ENGINES) {
  suite(`rooms, ${name}`, (test) => {
    test('joining, leaving, rooms and peers coming and going, as in a model of arrays', () => {
      const step = fc.record({ peer: fc.nat(39), room: fc.nat(5), renew: fc.nat(9) })
      fc.assert(
        fc.property(fc.array(step, { minLength: 50, maxLength: 300 }), (steps) => {
          const engine = createEngine(name)
          const members = new Map<number, number[]>()
          const generations = new Map<number, number>()
          for (let peer = 0; peer < 40; peer++) engine.addPeer(peer, idOf(peer))
          for (const { peer, room, renew } of steps) {
            if (!members.has(room)) engine.addRoom(room, nameOf(room))
            const list = members.get(room) ?? []
            members.set(room, list)
            const at = list.indexOf(peer)
            if (at === -1) {
              assert.ok(engine.join(peer, room, BOTH))
              list.push(peer)
            } else {
              engine.leave(peer, room)
              const last = list.pop()!
              if (at < list.length) list[at] = last
            }
            if (list.length === 0) {
              engine.removeRoom(room)
              members.delete(room)
            }
            if (renew === 0 && ![...members.values()].some((some) => some.includes(peer))) {
              const generation = (generations.get(peer) ?? 1) + 1
              generations.set(peer, generation)
              engine.removePeer(peer)
              engine.addPeer(peer, idOf(peer, generation))
            }
            const others = members.get(room)?.filter((member) => member !== peer)
            const isMember = members.get(room)?.includes(peer) ?? false
            assert.equal(recipientsOf(engine, peer, room), isMember ? others : undefined)
          }
          for (const [room, list] of members) {
            for (const member of list) {
              assert.equal(
                recipientsOf(engine, member, room),
                list.filter((other) => other !== member),
              )
            }
          }
        }),
        { numRuns: 40, seed: 2 },
      )
    }, 60_000)

    test('a peer is in sixteen rooms, not in seventeen', () => {
      const engine = createEngine(name)
      engine.addPeer(5, idOf(5))
      for (let room = 0; room <= CAPACITY.roomsPerPeer; room++) engine.addRoom(room, nameOf(room))
      for (let room = 0; room < CAPACITY.roomsPerPeer; room++) assert.ok(engine.join(5, room, BOTH))
      assert.not(engine.join(5, CAPACITY.roomsPerPeer, BOTH))
      for (let room = 0; room < CAPACITY.roomsPerPeer; room++) assert.equal(recipientsOf(engine, 5, room), [])
      assert.is(recipientsOf(engine, 5, CAPACITY.roomsPerPeer), undefined)
      engine.leave(5, 0)
      assert.ok(engine.join(5, CAPACITY.roomsPerPeer, BOTH))
    })

    test('a message to a full room, whoever sends it, damages nobody', () => {
      const engine = createEngine(name)
      engine.addRoom(0, nameOf(0))
      engine.addRoom(1, nameOf(1))
      for (let slot = 0; slot <= CAPACITY.membersPerRoom; slot++) engine.addPeer(slot, idOf(slot))
      for (let slot = 1; slot <= CAPACITY.membersPerRoom; slot++) engine.join(slot, 0, BOTH)
      engine.join(0, 1, BOTH)
      engine.join(1, 1, BOTH)
      for (let sender = 1; sender < 40; sender++) {
        assert.is(recipientsOf(engine, sender, 0)!.length, CAPACITY.membersPerRoom - 1)
      }
      const offer = { type: 'offer', room: nameOf(1), to: idOf(0), data: 1 }
      assert.is(engine.ingest(1, Buffer.from(JSON.stringify(offer))), KINDS.offer)
    })

    test('a room takes its full number of members, and gives every place back', () => {
      const engine = createEngine(name)
      engine.addRoom(0, nameOf(0))
      const members = Array.from({ length: CAPACITY.membersPerRoom }, (_, i) => i * 8)
      for (let turn = 0; turn < 2; turn++) {
        for (const slot of members) {
          if (turn === 0) engine.addPeer(slot, idOf(slot))
          assert.ok(engine.join(slot, 0, BOTH))
        }
        if (turn === 0) engine.addPeer(1, idOf(1))
        assert.not(engine.join(1, 0, BOTH))
        assert.equal(recipientsOf(engine, 0, 0), members.slice(1))
        assert.equal(recipientsOf(engine, members.at(-1)!, 0), members.slice(0, -1))
        // The first leaves, the last takes its place, and so on until three remain.
        for (const slot of members.slice(0, -3)) engine.leave(slot, 0)
        const rest = recipientsOf(engine, members.at(-1)!, 0)!
        assert.equal(
          rest.sort((a, b) => a - b),
          members.slice(-3, -1),
        )
        for (const slot of members.slice(-3)) engine.leave(slot, 0)
        assert.is(recipientsOf(engine, 0, 0), undefined)
      }
    })

    test('the last slot and the last room are as good as any', () => {
      const engine = createEngine(name)
      const [slot, room] = [CAPACITY.peers - 1, CAPACITY.rooms - 1]
      engine.addPeer(slot, idOf(slot))
      engine.addPeer(0, idOf(0))
      engine.addRoom(room, nameOf(room))
      assert.ok(engine.join(slot, room, BOTH) && engine.join(0, room, BOTH))
      assert.equal(recipientsOf(engine, 0, room), [slot])
      assert.equal(recipientsOf(engine, slot, room), [0])
    })

    test('leaving a room one is not in changes nothing', () => {
      const engine = createEngine(name)
      for (const slot of [1, 2, 3]) engine.addPeer(slot, idOf(slot))
      engine.addRoom(0, nameOf(0))
      engine.join(1, 0, BOTH)
      engine.join(2, 0, BOTH)
      engine.leave(3, 0)
      assert.equal(recipientsOf(engine, 1, 0), [2])
    })

    test('rights change with the next message, in the named room, for the named peer', () => {
      const engine = createEngine(name)
      for (const room of [0, 1]) engine.addRoom(room, nameOf(room))
      for (const slot of [1, 2, 3]) {
        engine.addPeer(slot, idOf(slot))
        for (const room of [0, 1]) if (slot < 3) engine.join(slot, room, BOTH)
      }
      engine.setRights(1, 0, RIGHTS.signal)
      engine.setRights(3, 0, 0) // not a member: nothing happens
      assert.is(recipientsOf(engine, 1, 0), undefined)
      assert.equal(recipientsOf(engine, 1, 1), [2])
      assert.equal(recipientsOf(engine, 2, 0), [1])
      engine.setRights(1, 0, BOTH)
      assert.equal(recipientsOf(engine, 1, 0), [2])
    })

    test('recipients stay those of the message when somebody leaves meanwhile', () => {
      const engine = createEngine(name)
      engine.addRoom(0, nameOf(0))
      for (const slot of [1, 2, 3, 4]) {
        engine.addPeer(slot, idOf(slot))
        engine.join(slot, 0, BOTH)
      }
      engine.ingest(1, Buffer.from(`{"type":"publish","room":"${nameOf(0)}","data":0}`))
      engine.leave(2, 0)
      assert.equal([...engine.recipients.subarray(0, 3)], [2, 3, 4])
    })
  })
}
