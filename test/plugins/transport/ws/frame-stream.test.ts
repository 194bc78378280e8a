import * as assert from 'uvu/assert'
import type { WasmBuild } from '../../../../core/engine/wasm.js'
import { corpus } from '../../../core/engine/generate.js'
import { Dice } from '../../../dice.js'
import { suite } from '../../../suite.js'
import { clientFrame, closing, conversation, fragment, framed, MASK } from './client-frames.js'
import { ReceiverOracle } from './receiver-oracle.js'
import { engineWithLobby, RecordedStream } from './recorded-stream.js'

const STREAMS = 100_000
/** So many clients are served in turn, so that nothing of one may show in another. */
const CLIENTS = 4
const BUILDS: readonly WasmBuild[] = ['release', 'scalar', 'debug']

/** Cuts bytes into chunks: whole, in a few pieces, or into many small ones. */
function cut(dice: Dice, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  const most = dice.pick([bytes.length, bytes.length, 1 + dice.roll(bytes.length + 1), 1 + dice.roll(40), 1])
  const longest = bytes.length > 3000 ? Math.max(most, 700) : most
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + dice.roll(longest))
    chunks.push(bytes.subarray(at, end))
    at = end
  }
  return chunks
}

/** What both make of the same chunks, and what kinds of events those were. */
function difference(
  engine: ReturnType<typeof engineWithLobby>,
  clients: readonly (readonly Buffer[])[],
  seen: Map<string, number>,
): string | undefined {
  const streams = clients.map(() => new RecordedStream(engine))
  const oracles = clients.map(() => new ReceiverOracle())
  const rounds = Math.max(...clients.map((chunks) => chunks.length))
  for (let round = 0; round < rounds; round++) {
    for (const [i, chunks] of clients.entries()) {
      const chunk = chunks[round]
      if (chunk === undefined) continue
      streams[i]!.feed(chunk)
      oracles[i]!.feed(chunk)
    }
  }
  for (const [i, chunks] of clients.entries()) {
    const ours = streams[i]!.events
    const theirs = oracles[i]!.events
    if (ours.join('\n') !== theirs.join('\n')) {
      return `chunks ${chunks.map((chunk) => chunk.toString('hex')).join(' ')}\nours   ${JSON.stringify(ours)}\ntheirs ${JSON.stringify(theirs)}`
    }
    for (const event of ours) {
      const kind = /^(broken \d+|close \d+|\w+)/.exec(event)![0]
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
    }
  }
  return undefined
}

/** Streams in which every state of the reader is cut. */
const CORPUS: readonly Buffer[] = [
  Buffer.concat([
    framed(1, 'one'),
    framed(9, 'ping'),
    framed(1, ''),
    framed(0xa, 'pong'),
    framed(8, closing(1000, 'bye')),
  ]),
  Buffer.concat([
    fragment(1, 'é'),
    framed(9, 'x'),
    fragment(0, ''),
    fragment(0, Buffer.of(0xf0, 0x9f)),
    framed(0, Buffer.of(0xa6, 0x8a)),
  ]),
  Buffer.concat([
    framed(1, '{"type":"publish","room":"lobby","data":1}'),
    framed(1, '{"type":"bye"}'),
    framed(2, 'b'),
  ]),
  Buffer.concat([framed(1, 'x'.repeat(126)), framed(1, 'y'.repeat(300))]),
  Buffer.concat([
    clientFrame({ first: 0x81, payload: Buffer.from('wide'), mask: MASK, width: 8 }),
    framed(8),
  ]),
  clientFrame({ first: 0x81, payload: Buffer.from('no'), mask: MASK, claim: 2n ** 63n, width: 8 }),
  clientFrame({ first: 0x01, payload: Buffer.from('no'), mask: MASK, claim: 2n ** 40n, width: 8 }),
  Buffer.concat([framed(1, 'fine'), clientFrame({ first: 0x81, payload: Buffer.from('not masked') })]),
  Buffer.concat([framed(1, Buffer.of(0x61, 0xc3)), framed(1, 'too late')]),
  Buffer.concat([framed(8, closing(1000, Buffer.of(0xff))), framed(1, 'too late')]),
  Buffer.concat([fragment(2, 'b'), framed(0, 'c'), fragment(1, 'a'), framed(1, 'interleaved')]),
]

suite('transport/ws/frame-stream', (test) => {
  for (const build of BUILDS) {
    test(`every split of a corpus in two, and byte by byte, is as ws has it (${build})`, () => {
      const engine = engineWithLobby(build)
      const seen = new Map<string, number>()
      for (const bytes of CORPUS) {
        const singles = Array.from(bytes, (byte) => Buffer.of(byte))
        const failure = difference(engine, [singles, [bytes]], seen)
        assert.is(failure, undefined, failure)
        for (let at = 1; at < bytes.length; at++) {
          const split = difference(engine, [[bytes.subarray(0, at), bytes.subarray(at)]], seen)
          assert.is(split, undefined, split)
        }
      }
    })
  }

  test(`${STREAMS} random streams, in random chunks, are as ws has them`, () => {
    const dice = new Dice(6455)
    const engines = [engineWithLobby('release'), engineWithLobby('scalar')]
    const messages = corpus(6455, 400).filter((message) => message.length < 2000)
    const seen = new Map<string, number>()
    for (let done = 0; done < STREAMS; done += CLIENTS) {
      const clients = Array.from({ length: CLIENTS }, () => cut(dice, conversation(dice, messages)))
      const failure = difference(engines[dice.roll(2)]!, clients, seen)
      assert.is(failure, undefined, failure)
    }
    // The streams must be such that everything happens, or agreement says little.
    const kinds = [
      'text',
      'binary',
      'ping',
      'pong',
      'close 1000',
      'close 1005',
      'broken 1002',
      'broken 1007',
      'broken 1009',
    ]
    for (const kind of kinds) assert.ok((seen.get(kind) ?? 0) > 100, `${kind}: ${seen.get(kind)}`)
  }, 120_000)

  test('a message may have as many fragments as ws allows, and no more', () => {
    const engine = engineWithLobby('release')
    for (const count of [16 * 1024, 16 * 1024 + 1]) {
      const frames = [
        fragment(1, 'a'),
        ...Array.from({ length: count - 2 }, () => fragment(0)),
        framed(0, 'z'),
      ]
      const seen = new Map<string, number>()
      const failure = difference(engine, [[Buffer.concat(frames)]], seen)
      assert.is(failure, undefined, failure)
      assert.is(seen.get(count > 16 * 1024 ? 'broken 1008' : 'text'), 1)
    }
  })

  test('the longest message passes in any way, and one byte more does not', () => {
    const engine = engineWithLobby('release')
    const half = Buffer.alloc(32_768, 'h')
    for (const [frames, kind] of [
      [[framed(1, Buffer.alloc(65_536, 'x'))], 'text'],
      [[framed(1, Buffer.alloc(65_537, 'x'))], 'broken 1009'],
      [[fragment(1, half), framed(0, half)], 'text'],
      [[fragment(1, half), fragment(0, half), framed(0, 'x')], 'broken 1009'],
      [[framed(1, half), framed(1, half), framed(1, half)], 'text'],
    ] as const) {
      const bytes = Buffer.concat(frames)
      for (const size of [13, 1000, 65_536, bytes.length]) {
        const chunks: Buffer[] = []
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
        const seen = new Map<string, number>()
        const failure = difference(engine, [chunks], seen)
        assert.is(failure, undefined, failure?.slice(0, 400))
        assert.ok(seen.has(kind), `${kind} in chunks of ${size}`)
      }
    }
  })

  test('what was announced and has not come takes no memory', () => {
    const engine = engineWithLobby('release')
    const before = process.memoryUsage().arrayBuffers
    const header = clientFrame({
      first: 0x81,
      payload: Buffer.alloc(0),
      mask: MASK,
      claim: 65_536n,
      width: 8,
    })
    const streams = Array.from({ length: 1000 }, () => new RecordedStream(engine))
    for (const stream of streams) stream.feed(header)
    assert.ok(process.memoryUsage().arrayBuffers - before < 1000 * 1024)
    assert.is(streams.length, 1000)
  })

  test('a chunk that arrives while another one is read waits for it, in order', async () => {
    const engine = engineWithLobby('release')
    const other = new RecordedStream(engine)
    class Nested extends RecordedStream {
      override ping(payload: Buffer): void {
        super.ping(payload)
        other.feedAnywhere(framed(1, 'first'))
        other.feedAnywhere(framed(1, 'second'))
      }
    }
    const stream = new Nested(engine)
    stream.feed(Buffer.concat([framed(9, 'p'), framed(1, 'after')]))
    assert.equal(stream.events, ['ping p', 'text after'])
    other.feedAnywhere(framed(1, 'third'))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(other.events, ['text first', 'text second', 'text third'])
  })

  test('the end of a chunk is told once, behind all that it held', () => {
    const stream = new RecordedStream(engineWithLobby('release'))
    stream.feed(Buffer.concat([framed(1, 'a'), framed(1, 'b'), framed(1, 'c').subarray(0, 4)]))
    assert.is(stream.chunks, 1)
    stream.feed(framed(1, 'c').subarray(4, 6))
    assert.is(stream.chunks, 1, 'nothing was whole')
    stream.feed(framed(1, 'c').subarray(6))
    assert.is(stream.chunks, 2)
    assert.equal(stream.events, ['text a', 'text b', 'text c'])
  })
})
