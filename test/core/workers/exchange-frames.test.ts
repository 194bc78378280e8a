import { Writable } from 'node:stream'
import * as assert from 'uvu/assert'
import {
  BodyReader,
  EXCHANGE_FRAMES,
  ExchangeReader,
  ExchangeWriter,
  questionNumber,
  shortText,
} from '../../../core/workers/exchange-frames.js'
import { Dice } from '../../dice.js'
import { suite } from '../../suite.js'

/** What a writer has written, as system calls: one array of chunks each. */
function recorded() {
  const calls: Buffer[][] = []
  const pipe = new Writable({
    writev(chunks, done) {
      calls.push(chunks.map(({ chunk }) => chunk as Buffer))
      done()
    },
  })
  return { calls, pipe, writer: new ExchangeWriter(pipe as never) }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

const read = (bytes: Buffer, cut: () => number): [kind: number, body: string][] => {
  const frames: [number, string][] = []
  const reader = new ExchangeReader((kind, body) => frames.push([kind, body.toString('latin1')]))
  for (let at = 0; at < bytes.length; ) {
    const length = cut()
    reader.read(bytes.subarray(at, at + length))
    at += length
  }
  return frames
}

suite('workers/exchange-frames', (test) => {
  test('what was written is read, however the pipe cuts it', async () => {
    const { calls, writer } = recorded()
    const { publish, question, reset } = EXCHANGE_FRAMES
    const large = 'x'.repeat(200_000)
    writer.write(reset)
    writer.write(publish, shortText('a.topic'), Buffer.from('a message'))
    writer.write(publish, shortText('a.topic'), Buffer.alloc(0))
    writer.write(publish, shortText('another'), Buffer.from(large))
    writer.write(question, questionNumber(4_000_000_000))
    await turn()
    const bytes = Buffer.concat(calls.flat())
    const expected = [
      [reset, ''],
      [publish, '\x07a.topica message'],
      [publish, '\x07a.topic'],
      [publish, `\x07another${large}`],
      [question, questionNumber(4_000_000_000).toString('latin1')],
    ]
    for (const length of [1, 2, 3, 4, 5, 6, 7, 1000, 65_536, bytes.length])
      assert.equal(
        read(bytes, () => length),
        expected,
        `${length} bytes at a time`,
      )
    const dice = new Dice(7)
    for (let i = 0; i < 50; i++)
      assert.equal(
        read(bytes, () => 1 + dice.roll(60_000)),
        expected,
      )
  })

  test('what is written in one turn leaves in one system call', async () => {
    const { calls, writer } = recorded()
    for (let i = 0; i < 100; i++) writer.write(EXCHANGE_FRAMES.publish, shortText('t'), Buffer.from('m'))
    assert.is(calls.length, 0)
    assert.is(writer.backlogBytes, 100 * 8)
    await turn()
    assert.is(calls.length, 1)
    writer.write(EXCHANGE_FRAMES.reset)
    await turn()
    assert.is(calls.length, 2)
  })

  test('refuses lengths that cannot be', () => {
    for (const length of [0, 2 ** 20, 2 ** 32 - 1]) {
      const reader = new ExchangeReader(() => {})
      assert.throws(() => reader.read(questionNumber(length)), /a frame of \d+ bytes/)
    }
  })

  test('takes a message of the largest size with the longest topic and sender', () => {
    const frames: number[] = []
    const reader = new ExchangeReader((_kind, body) => frames.push(body.length))
    const length = 512 * 1024 + 1 + 120 + 1 + 255
    reader.read(questionNumber(1 + length))
    reader.read(Buffer.alloc(1 + length, 1))
    assert.equal(frames, [length])
  })

  test('reads a body, and never beyond its end', () => {
    const reader = new BodyReader(Buffer.concat([shortText('one'), questionNumber(7), Buffer.from('rest')]))
    assert.equal([reader.shortText(), reader.number(), reader.rest().toString()], ['one', 7, 'rest'])
    for (const body of ['', '\x05four']) {
      assert.throws(() => new BodyReader(Buffer.from(body)).shortText(), RangeError)
    }
    assert.throws(() => new BodyReader(Buffer.from('123')).number(), RangeError)
  })
})
