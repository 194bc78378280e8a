import * as assert from 'uvu/assert'
import { createEngine } from '../../../core/engine/create.js'
import { FRAMES, INCOMPLETE } from '../../../core/engine/frame-reader.js'
import { type WasmBuild, WasmEngine } from '../../../core/engine/wasm.js'
import { Dice } from '../../dice.js'
import { clientFrame, conversation, framed, MASK } from '../../plugins/transport/ws/client-frames.js'
import { suite } from '../../suite.js'
import { describe } from './compare.js'
import { corpus } from './generate.js'
import { CHUNK, FRAME, OUTPUT, PAGE, RECEIVED, RECIPIENTS, strayByte } from './linear-memory.js'
import { populate } from './world.js'

const BUILDS: readonly WasmBuild[] = ['release', 'scalar', 'debug']
const ALLOWED = [OUTPUT, RECEIVED, FRAME, CHUNK, RECIPIENTS]
const NOTHING = Buffer.alloc(0)
const PUBLISH = '{"type":"publish","room":"lobby","data":"hello"}'

/** Everything that is said of a chunk: each frame, what became of it, and what is left over. */
function tell(engine: WasmEngine, chunk: Uint8Array, rest: Uint8Array, messageBytes: number): string[] {
  const { frames } = engine
  const said: string[] = []
  frames.chunk.set(chunk)
  frames.begin(chunk.length, rest, messageBytes)
  for (;;) {
    const found = frames.next()
    if (found < 0) {
      const more =
        found === INCOMPLETE ? ` ${frames.payload.toString('latin1')} of ${frames.neededBytes}` : ''
      said.push(`${found}${more}`)
      break
    }
    const text = frames.payload.toString('latin1')
    const judged = found === FRAMES.text ? describe(engine, engine.ingestFrame(0)) : ''
    said.push(`${found} ${text} ${judged}`)
    if (found === FRAMES.close) break
  }
  frames.end()
  return said
}

/** Chunks that mean harm: millions of tiny frames, floods, claims, noise, and the beginnings of all of these. */
function* hostile(dice: Dice): Generator<{ chunk: Buffer; rest: Buffer; messageBytes: number }> {
  const messages = corpus(3, 300).filter((message) => message.length < 4000)
  const whole = 65_536
  const fill = (frame: Buffer) => Buffer.alloc(whole, frame)
  for (const frame of [
    framed(1),
    framed(9),
    framed(10, 'x'),
    framed(1, '{}'),
    framed(1, PUBLISH),
    Buffer.of(0),
    Buffer.of(0xff),
  ]) {
    yield { chunk: fill(frame), rest: NOTHING, messageBytes: -1 }
    yield { chunk: fill(frame), rest: framed(1, Buffer.alloc(65_536, '[')).subarray(0, -1), messageBytes: -1 }
  }
  for (const claim of [
    126n,
    65_536n,
    65_537n,
    2n ** 31n,
    2n ** 32n - 6n,
    2n ** 40n,
    2n ** 63n,
    2n ** 64n - 1n,
  ]) {
    const frame = clientFrame({ first: 0x81, payload: Buffer.from(PUBLISH), mask: MASK, claim, width: 8 })
    for (let length = 0; length <= 20; length++) {
      for (const messageBytes of [-1, 0, 65_535, 65_536]) {
        yield { chunk: frame.subarray(0, length), rest: NOTHING, messageBytes }
        const tail = Buffer.concat([fill(framed(9)).subarray(0, whole - length), frame.subarray(0, length)])
        yield { chunk: tail, rest: NOTHING, messageBytes }
      }
    }
  }
  for (let i = 0; i < 1500; i++) {
    const bytes = conversation(dice, messages).subarray(0, whole)
    const at = dice.roll(bytes.length + 1)
    const messageBytes = dice.roll(4) === 0 ? dice.roll(65_537) : -1
    yield { chunk: bytes.subarray(at), rest: bytes.subarray(0, Math.min(at, 65_549)), messageBytes }
    yield { chunk: Buffer.from(bytes).fill(dice.roll(256), at), rest: NOTHING, messageBytes }
  }
  // The end of a message on the very last byte of the chunk, and its beginning before the chunk.
  for (const data of ['""', '1', '"é"', `"${'x'.repeat(65_000)}"`]) {
    const frame = framed(1, `{"type":"publish","room":"lobby","data":${data}}`)
    const filler = framed(1, 'f'.repeat(65_536 - 8 - frame.length))
    yield { chunk: Buffer.concat([filler, frame]), rest: NOTHING, messageBytes: -1 }
    yield { chunk: frame.subarray(-1), rest: frame.subarray(0, -1), messageBytes: -1 }
  }
}

suite('engine/frame-reader', (test) => {
  test('js leaves frames to the transport', () => {
    assert.is(createEngine('js').frames, undefined)
  })

  for (const build of BUILDS) {
    test(`frames are found, unmasked and judged where they lie (${build})`, () => {
      const engine = new WasmEngine(build)
      populate(engine)
      const said = tell(
        engine,
        Buffer.concat([framed(1, PUBLISH), framed(9, 'p'), framed(1, PUBLISH)]),
        NOTHING,
        -1,
      )
      assert.is(said.length, 4)
      assert.is(said[0], said[2], 'the second is not disturbed by the frame that was built from the first')
      assert.match(said[0]!, 'number 0 for 1,')
      assert.is(said[1], `${FRAMES.ping} p `)
      assert.is(said[3], `${INCOMPLETE}  of 2`)
      assert.not(engine.frames.busy)
    })

    test(`whatever a chunk holds, nothing outside its regions is written (${build})`, () => {
      const engine = new WasmEngine(build)
      engine.memory.fill(0xa5, 2 * PAGE)
      populate(engine)
      const before = Buffer.from(engine.memory)
      let count = 0
      for (const { chunk, rest, messageBytes } of hostile(new Dice(9))) {
        tell(engine, chunk, rest, messageBytes)
        // Comparing 120 MiB is slow, so not each time; the first stray byte stays there to be found.
        if (++count % 500 === 0) assert.is(strayByte(engine.memory, before, ALLOWED), -1)
      }
      assert.is(strayByte(engine.memory, before, ALLOWED), -1)
    }, 120_000)

    test(`nothing but the chunk and what was left over is ever read (${build})`, () => {
      const [one, other] = [new WasmEngine(build), new WasmEngine(build)]
      populate(one)
      populate(other)
      for (const { chunk, rest, messageBytes } of hostile(new Dice(10))) {
        // Whatever lies around it, the same is said: NULs here, the beginnings of frames or of strings there.
        one.memory.fill(0, CHUNK.start, CHUNK.end)
        other.memory.fill('\x81"', CHUNK.start, CHUNK.end)
        assert.equal(tell(one, chunk, rest, messageBytes), tell(other, chunk, rest, messageBytes))
      }
    }, 120_000)
  }
})
