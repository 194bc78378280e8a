import * as assert from 'uvu/assert'
import { CAPACITY, ENGINE_FAULT, ENGINE_FAULT_AGAIN, type Engine } from '../../../core/engine/engine.js'
import { FRAMES, INCOMPLETE } from '../../../core/engine/frame-reader.js'
import { JsEngine } from '../../../core/engine/js.js'
import { RecoveringEngine } from '../../../core/engine/recovery.js'
import { WasmEngine } from '../../../core/engine/wasm.js'
import { closeCodeOf, ERRORS } from '../../../core/errors.js'
import { KINDS } from '../../../core/protocol.js'
import { Dice } from '../../dice.js'
import { framed } from '../../plugins/transport/ws/client-frames.js'
import { suite } from '../../suite.js'
import { compare, describe } from './compare.js'
import { breakMembers } from './linear-memory.js'
import { Tables } from './tables.js'
import { idOf } from './world.js'

const publish = (room: string, id?: number, data: unknown = 'x') =>
  Buffer.from(JSON.stringify({ type: 'publish', ...(id === undefined ? {} : { id }), room, data }))

/** Six peers; 0 to 3 are in `a` (number 0), 2 to 5 in `b` (number 1). */
function world({ now = () => 0 }: { now?: () => number } = {}) {
  const made: WasmEngine[] = []
  const make = () => {
    made.push(new WasmEngine())
    return made.at(-1)!
  }
  const engine = new RecoveringEngine(make, now)
  const js = new JsEngine()
  const tables = new Tables(engine, js)
  for (let slot = 0; slot < 6; slot++) tables.addPeer(slot, idOf(slot))
  for (const [number, name] of ['a', 'b'].entries()) tables.addRoom(number, name)
  for (const slot of [1, 0, 2, 3]) tables.join(slot, 0)
  for (const slot of [5, 2, 4, 3]) tables.join(slot, 1)
  return { engine, js, tables, made, damage: (room: number) => breakMembers(made.at(-1)!.memory, room) }
}

suite('engine recovery', (test) => {
  test('a trap costs the message on which it happened; the rest is as before', () => {
    const { engine, js, tables, made, damage } = world()
    damage(0)
    assert.is(engine.ingest(2, publish('b')), KINDS.publish, 'nothing has trapped yet')
    assert.is(engine.ingest(1, publish('a', 7)), ENGINE_FAULT)
    assert.is(engine.id, 7)
    assert.is(made.length, 2)
    assert.equal(
      tables.faults.map(({ engine: name, error }) => [name, error instanceof WebAssembly.RuntimeError]),
      [['wasm', true]],
    )
    const both = new Map<string, Engine>([
      ['wasm', engine],
      ['js', js],
    ])
    for (let sender = 0; sender < 6; sender++) {
      for (const room of ['a', 'b']) {
        assert.is(compare(both, sender, publish(room, 8)).difference, undefined, `${sender} to ${room}`)
      }
    }
    assert.is(engine.id, 8)
  })

  test('in a frame, too; those behind it in the chunk are read on, none is read twice', () => {
    for (const behind of [0, 1, 3, 40]) {
      const { engine, js, damage } = world()
      const { frames } = engine
      const own = (n: number) => publish('a', n, 'd'.repeat(n * 5))
      const messages = [own(1), own(2), ...Array.from({ length: behind }, (_, n) => own(n + 3))]
      const bytes = Buffer.concat([...messages.map((text) => framed(1, text)), Buffer.of(0x81, 0x85, 1)])
      frames.chunk.set(bytes)
      frames.begin(bytes.length, new Uint8Array(0), -1)
      assert.is(frames.next(), FRAMES.text)
      assert.is(engine.ingestFrame(0), KINDS.publish)
      assert.is(frames.next(), FRAMES.text)
      damage(0)
      assert.is(engine.ingestFrame(0), ENGINE_FAULT)
      assert.is(engine.id, 2)
      assert.ok(frames.busy)
      for (const message of messages.slice(2)) {
        assert.is(frames.next(), FRAMES.text)
        assert.is(frames.payload.toString(), message.toString())
        assert.is(
          describe(engine, engine.ingestFrame(0)).replace(/ data \d+..\d+/, ''),
          describe(js, js.ingest(0, message)).replace(/ data \d+..\d+/, ''),
        )
      }
      assert.is(frames.next(), INCOMPLETE)
      assert.equal(frames.payload, Buffer.of(0x81, 0x85, 1))
      frames.end()
      assert.not(frames.busy)
    }
  })

  test('a trap while somebody joins or leaves is not noticed, and the order of recipients stays', () => {
    const { engine, js, tables, made, damage } = world()
    const both = new Map<string, Engine>([
      ['wasm', engine],
      ['js', js],
    ])
    const check = () => {
      for (const room of ['a', 'b']) {
        for (let sender = 0; sender < 6; sender++) {
          assert.is(compare(both, sender, publish(room)).difference, undefined)
        }
      }
    }
    for (const [what, step] of [
      ['leave', () => tables.leave(0, 0)],
      ['join', () => tables.join(4, 0)],
      ['join once more', () => tables.join(0, 0)],
      ['leave as the first', () => tables.leave(tables.members(0)[0]!.slot, 0)],
      ['leave as the last', () => tables.leave(tables.members(0).at(-1)!.slot, 0)],
      [
        'all leave',
        () => {
          while (tables.members(0).length > 0) tables.leave(tables.members(0)[0]!.slot, 0)
        },
      ],
    ] as const) {
      const before = made.length
      damage(0)
      step()
      assert.is(made.length, before + 1, what)
      check()
    }
  })

  test('random churn with faults: the same verdicts, recipients and frames as the engine that has none', () => {
    let clock = 0
    const now = () => {
      clock += 60_000
      return clock
    }
    const { engine, js, tables, made, damage } = world({ now })
    const both = new Map<string, Engine>([
      ['wasm', engine],
      ['js', js],
    ])
    for (let room = 2; room < 40; room++) tables.addRoom(room, `room ${room}`)
    for (let slot = 6; slot < 120; slot++) tables.addPeer(slot, idOf(slot))
    const dice = new Dice(4)
    const nameOf = (room: number) => (room < 2 ? 'ab'.charAt(room) : `room ${room}`)
    let faults = 0
    for (let round = 0; round < 20_000; round++) {
      const slot = dice.roll(120)
      const room = dice.roll(40)
      const isMember = tables.members(room).some((member) => member.slot === slot)
      const whim = dice.roll(100)
      if (whim < 30) {
        if (isMember) tables.leave(slot, room)
        else tables.join(slot, room)
      } else if (whim < 33) {
        tables.removePeer(slot)
        tables.addPeer(slot, idOf(slot, round))
      } else {
        if (whim >= 97 && isMember) damage(room)
        const message = publish(nameOf(room), round + 1)
        const verdict = engine.ingest(slot, message)
        const expected = js.ingest(slot, message)
        if (verdict === ENGINE_FAULT || verdict === ENGINE_FAULT_AGAIN) faults++
        else assert.is(describe(engine, verdict), describe(js, expected))
        assert.is(engine.id, js.id)
      }
    }
    assert.ok(faults > 20, `${faults} faults`)
    assert.ok(made.length > faults, 'some were met by joins and leaves')
    assert.ok(tables.faults.every((fault) => fault.engine === 'wasm'))
    for (let sender = 0; sender < 120; sender++) {
      for (let room = 0; room < 40; room++) {
        assert.is(compare(both, sender, publish(nameOf(room))).difference, undefined)
      }
    }
  }, 30_000)

  test('a peer whose messages fail again and again is to be closed, nobody else; its successor starts anew', () => {
    const { engine, tables, damage } = world()
    const fail = (slot: number) => {
      damage(0)
      return engine.ingest(slot, publish('a'))
    }
    assert.equal(
      [fail(0), fail(0), fail(1), fail(0)],
      [ENGINE_FAULT, ENGINE_FAULT, ENGINE_FAULT, ENGINE_FAULT_AGAIN],
    )
    tables.removePeer(0)
    tables.addPeer(0, idOf(0, 2))
    tables.join(0, 0)
    assert.is(fail(0), ENGINE_FAULT)
  })

  test('eight rebuilds within a minute, and JavaScript judges from then on', () => {
    let clock = 0
    const { engine, js, tables, made, damage } = world({ now: () => clock })
    for (let i = 0; i < 20; i++, clock += 10_000) {
      damage(0)
      assert.is(engine.ingest(i % 4, publish('a')) >= 0, false, 'six a minute go on for ever')
    }
    assert.ok(tables.faults.every((fault) => fault.engine === 'wasm'))
    for (let i = 0; tables.faults.at(-1)!.engine === 'wasm'; i++) {
      assert.ok(i < 8)
      damage(0)
      engine.ingest(0, publish('a'))
    }
    assert.equal(tables.faults.filter((fault) => fault.engine === 'js').length, 1)
    const before = made.length
    damage(0)
    const both = new Map<string, Engine>([
      ['recovered', engine],
      ['js', js],
    ])
    tables.leave(2, 0)
    tables.join(5, 0)
    for (let sender = 0; sender < 6; sender++) {
      assert.is(compare(both, sender, publish('a')).difference, undefined)
    }
    const { frames } = engine
    const bytes = framed(1, publish('b', 3))
    frames.chunk.set(bytes)
    frames.begin(bytes.length, new Uint8Array(0), -1)
    assert.is(frames.next(), FRAMES.text)
    assert.is(describe(engine, engine.ingestFrame(3)), describe(js, js.ingest(3, publish('b', 3))))
    assert.is(frames.next(), INCOMPLETE)
    frames.end()
    assert.is(made.length, before)
  })

  test('an instance that fails while it is filled is not used', () => {
    let made = 0
    const engine = new RecoveringEngine(() => {
      const wasm = new WasmEngine()
      if (++made === 2) wasm.join = () => assert.unreachable() as never
      return wasm
    })
    const tables = new Tables(engine)
    tables.addPeer(0, idOf(0))
    tables.addPeer(1, idOf(1))
    tables.addRoom(0, 'a')
    tables.join(0, 0)
    tables.join(1, 0)
    engine.distrust(new Error('for a reason'))
    assert.is(tables.faults[0]!.engine, 'js')
    assert.is(engine.ingest(0, publish('a')), KINDS.publish)
    assert.is(engine.recipients[0], 1)
  })

  test('a trap in finding frames loses that chunk, and says so to its owner only', () => {
    const { engine, tables, made } = world()
    const { frames } = engine
    const bytes = Buffer.concat([framed(1, publish('a', 1)), framed(1, publish('a', 2))])
    const read = () => {
      frames.chunk.set(bytes)
      frames.begin(bytes.length, new Uint8Array(0), -1)
    }
    read()
    assert.is(frames.next(), FRAMES.text)
    made[0]!.frames.next = () => {
      throw new WebAssembly.RuntimeError('unreachable')
    }
    assert.is(frames.next(), -closeCodeOf('E_INTERNAL'))
    frames.end()
    assert.is(tables.faults.length, 1)
    assert.is.not(frames.chunk, made[0]!.frames.chunk)
    read()
    for (const id of [1, 2]) {
      assert.is(frames.next(), FRAMES.text)
      assert.is(engine.ingestFrame(0), KINDS.publish)
      assert.is(engine.id, id)
    }
    assert.is(frames.next(), INCOMPLETE)
    frames.end()
  })

  test('where the rest of a chunk is can no longer be told: it is lost, not guessed', () => {
    const { engine, made, damage } = world()
    const { frames } = engine
    const bytes = Buffer.concat([framed(1, publish('a', 1)), framed(1, publish('a', 2))])
    frames.chunk.set(bytes)
    frames.begin(bytes.length, new Uint8Array(0), -1)
    assert.is(frames.next(), FRAMES.text)
    damage(0)
    const unread = made[0]!.frames.unread.bind(made[0]!.frames)
    made[0]!.frames.unread = () => unread(0, true)
    assert.is(engine.ingestFrame(0), ENGINE_FAULT)
    assert.is(frames.next(), -closeCodeOf('E_INTERNAL'))
    frames.end()
    assert.not(frames.busy)
  })

  test('what is no trap is the caller’s own mistake', () => {
    const { engine, made } = world()
    assert.throws(() => engine.addPeer(CAPACITY.peers, idOf(CAPACITY.peers)), RangeError)
    assert.throws(() => engine.addRoom(9, ''), RangeError)
    assert.is(made.length, 1)
  })

  test('a message without a readable id is refused without one', () => {
    for (const [text, id] of [
      ['{"type":"publish","room":"a","data":1}', 0],
      ['{"type":"publish","id":"7","room":"a","data":1}', 0],
      ['{"type":"publish","id":1.5,"room":"a","data":1}', 0],
      ['{"type":', 0],
      ['null', 0],
      ['{"type":"publish","id":9,"room":"a","data":1}', 9],
    ] as const) {
      const { engine, made } = world()
      made[0]!.ingest = () => {
        throw new WebAssembly.RuntimeError('unreachable')
      }
      assert.is(engine.ingest(0, Buffer.from(text)), ENGINE_FAULT)
      assert.is(engine.id, id, text)
    }
  })

  test('the verdicts of a fault are none of the table’s', () => {
    const verdicts = Object.values(ERRORS).map(({ verdict }) => verdict)
    for (const fault of [ENGINE_FAULT, ENGINE_FAULT_AGAIN]) assert.not(verdicts.includes(fault))
  })
})
