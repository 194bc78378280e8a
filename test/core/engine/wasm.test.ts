import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { type WasmBuild, WasmEngine } from '../../../core/engine/wasm.js'
import { ERRORS } from '../../../core/errors.js'
import { FIRST_HOT_KIND } from '../../../core/protocol.js'
import { Dice } from '../../dice.js'
import { suite } from '../../suite.js'
import { describe } from './compare.js'
import { corpus, large, mutate, noise } from './generate.js'
import { FRAME, INPUT, OUTPUT, PAGE, RECIPIENTS, strayByte } from './linear-memory.js'
import { populate } from './world.js'

const ALLOWED = [OUTPUT, INPUT, FRAME, RECIPIENTS]

const BUILDS: readonly WasmBuild[] = ['release', 'scalar', 'debug']
for (const build of BUILDS) {
  suite(`linear memory, ${build}`, (test) => {
    const module = new WebAssembly.Module(
      readFileSync(new URL(`../../../assembly/${build}.wasm`, import.meta.url)),
    )

    test('the module imports nothing, and its memory cannot grow', () => {
      assert.is(WebAssembly.Module.imports(module).length, 0)
      const { buffer } = new WasmEngine(build).memory
      assert.is(buffer.byteLength, 1929 * PAGE)
      const { memory } = new WebAssembly.Instance(module).exports as { memory: WebAssembly.Memory }
      assert.throws(() => memory.grow(1), RangeError)
    })

    test('the compiler keeps nothing of its own where our tables are', () => {
      const { __heap_base: base } = new WebAssembly.Instance(module).exports as {
        __heap_base?: { value: number }
      }
      const fresh = new WasmEngine(build).memory
      assert.ok((base?.value ?? 0) <= PAGE)
      assert.ok(fresh.subarray(2 * PAGE, 13 * PAGE).every((byte) => byte === 0))
    })

    test('whatever comes in, no byte outside the input, the output and the recipients changes', () => {
      const engine = new WasmEngine(build)
      // Nothing may rely on memory that is zero: all but what `start` has written is filled with a pattern.
      engine.memory.fill(0xa5, 2 * PAGE)
      engine.memory.fill(0xa5, OUTPUT.start, OUTPUT.end)
      populate(engine)
      const before = Buffer.from(engine.memory)
      const dice = new Dice(11)
      const seeds = corpus(11, 500)
      for (let batch = 0; batch < 12; batch++) {
        const messages = Array.from({ length: 400 }, () => mutate(dice, seeds))
        for (let i = 0; i < 40; i++) messages.push(noise(dice), large(dice))
        for (const message of [...messages, ...seeds]) {
          engine.ingest(dice.roll(4), message)
        }
        assert.is(strayByte(engine.memory, before, ALLOWED), -1)
      }
    }, 60_000)

    test('nothing of an earlier message is ever seen again', () => {
      const fresh = new WasmEngine(build)
      const used = new WasmEngine(build)
      populate(fresh)
      populate(used)
      const secret = Buffer.from(
        `{"type":"publish","id":7,"room":"lobby","to":"x","seen":9,"data":"${'SECRET\\u0053'.repeat(5000)}"}`,
      )
      const dice = new Dice(5)
      const seeds = corpus(5, 400)
      for (let i = 0; i < 3000; i++) {
        const message = mutate(dice, seeds)
        assert.ok(used.ingest(0, secret) >= FIRST_HOT_KIND)
        const said = describe(used, used.ingest(1, message))
        assert.not.match(said, 'SECRET')
        // Never wiped in between, `fresh` would see what `used` sees if it mattered.
        fresh.memory.fill(0, INPUT.start, INPUT.end)
        fresh.memory.fill(0, FRAME.start, FRAME.end)
        fresh.memory.fill(0, OUTPUT.start, OUTPUT.end)
        assert.is(said, describe(fresh, fresh.ingest(1, message)))
      }
    })

    test('when there is no memory for another member, join says so and nothing has changed', () => {
      const engine = new WasmEngine(build)
      // The arena's end (assembly/members.ts) is reached by moving where its unused part begins.
      const top = OUTPUT.end + 13 * 4
      populate(engine)
      engine.addRoom(100, 'full')
      const unused = engine.memory.readUInt32LE(top)
      engine.memory.writeUInt32LE(engine.memory.length - 8, top)
      const before = Buffer.from(engine.memory)
      assert.not(engine.join(1, 100, 3))
      assert.ok(engine.memory.equals(before))
      assert.is(
        engine.ingest(1, Buffer.from('{"type":"publish","room":"full","data":0}')),
        ERRORS.E_NOT_JOINED.verdict,
      )
      engine.memory.writeUInt32LE(unused, top)
      assert.ok(engine.join(1, 100, 3))
    })
  })
}
