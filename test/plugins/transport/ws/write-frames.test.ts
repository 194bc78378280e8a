/** Bytes under a write that hasn't completed: a log of one segment goes round and round meanwhile, and they stay. */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import * as assert from 'uvu/assert'
import type { Connection } from '../../../../core/contracts/transport.js'
import { Egress } from '../../../../core/egress/egress.js'
import type { Outbox } from '../../../../core/egress/outbox.js'
import { textFrame } from '../../../../core/egress/text-frame.js'
import { Stats } from '../../../../core/hub/stats.js'
import { writeFrames } from '../../../../plugins/transport/ws/write-frames.js'
import { Dice } from '../../../dice.js'
import { egressLimits } from '../../../egress-limits.js'
import { type Defer, suite } from '../../../suite.js'

const MIB = 1024 * 1024
const OWNER = { tooSlow() {}, lost() {} }
const nextTick = () => new Promise(setImmediate)

const connectionOf = (raw: Duplex): Connection => ({
  address: '',
  get queuedBytes() {
    return raw.writableLength
  },
  write: (frames) => writeFrames(raw, frames),
  close() {},
})

/** A client's two ends: the server's socket, and the client's own, which reads nothing yet. */
async function pair(defer: Defer): Promise<{ raw: Socket; client: Socket }> {
  const server = createServer({ pauseOnConnect: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [raw] = (await once(server, 'connection')) as [Socket]
  server.close()
  for (const socket of [raw, client]) {
    socket.on('error', () => {})
    defer(() => socket.destroy())
  }
  client.pause()
  return { raw, client }
}

/** What a client receives until its server ends, as a hash: megabytes aren't worth a difference. */
async function received(client: Socket): Promise<string> {
  const hash = createHash('sha256')
  client.on('data', (chunk) => hash.update(chunk))
  client.resume()
  await once(client, 'end')
  return hash.digest('hex')
}

/** Some outboxes on a log of one segment, and what each must bring its client. */
function setUp() {
  const egress = new Egress(
    new Stats(),
    egressLimits({ replayLogBytes: MIB, queuedBytes: 1024 * MIB, replayFrames: 10 }),
  )
  const dice = new Dice(3)
  const expected = new Map<Outbox, ReturnType<typeof createHash>>()
  const open = (raw: Duplex) => {
    const outbox = egress.open(connectionOf(raw), OWNER)
    expected.set(outbox, createHash('sha256'))
    return outbox
  }
  const say = (bytes: number, to: readonly Outbox[]) => {
    const frame = textFrame(String.fromCharCode(97 + dice.roll(26)).repeat(bytes))
    const position = egress.log.append(frame)
    for (const outbox of to) {
      outbox.push(position)
      expected.get(outbox)!.update(frame)
    }
  }
  /** The whole log goes round a few times, in ticks. */
  const goRound = async (times = 4) => {
    for (let i = 0; i < times * 16; i++) {
      say(MIB / 16, [])
      if (i % 4 === 3) {
        say(10, [...expected.keys()].slice(-1)) // so that there is a tick, after which the log lets go
        await nextTick()
      }
    }
  }
  return { dice, open, say, goRound, hashOf: (outbox: Outbox) => expected.get(outbox)!.digest('hex') }
}

suite('transport/ws/write-frames', (test) => {
  test('a client that reads late reads what it was sent, however often the log went round', async (defer) => {
    const { dice, open, say, goRound, hashOf } = setUp()
    const [slow, moody, quick] = [await pair(defer), await pair(defer), await pair(defer)]
    const boxes = [open(slow.raw), open(moody.raw), open(quick.raw)]
    const [some, all] = [received(moody.client), received(quick.client)]
    let stalls = 0
    for (let i = 0; i < 8; i++) {
      moody.client.pause()
      const before = moody.raw.bytesWritten
      while (moody.raw.writableLength === 0 && moody.raw.bytesWritten - before < 64 * MIB) {
        // Alone in the log, with others, in one region and in several.
        for (let n = dice.roll(6); n >= 0; n--) say(dice.roll(400_000), boxes.slice(dice.roll(3)))
        await nextTick()
      }
      if (moody.raw.writableLength > 0) stalls++
      await goRound(2)
      moody.client.resume()
      while (moody.raw.writableLength > 0) await nextTick()
    }
    assert.is(stalls, 8)
    assert.ok(slow.raw.writableLength > MIB, 'it reads nothing')
    await goRound()
    const hashes = [received(slow.client), some, all]
    for (const { raw } of [slow, moody, quick]) raw.end()
    assert.equal(await Promise.all(hashes), boxes.map(hashOf))
  }, 60_000)

  test('corked sockets, and sockets that are closing', async (defer) => {
    const { open, say, goRound, hashOf } = setUp()
    const [corked, closing, quick] = [await pair(defer), await pair(defer), await pair(defer)]
    const boxes = [open(corked.raw), open(closing.raw), open(quick.raw)]
    const all = received(quick.client)
    corked.raw.cork()
    for (let i = 0; i < 8; i++) {
      say(700_000, boxes)
      await nextTick()
    }
    closing.raw.end()
    await goRound()
    corked.raw.uncork()
    corked.raw.end()
    await goRound()
    quick.raw.end()
    assert.equal(
      await Promise.all([received(corked.client), received(closing.client), all]),
      boxes.map(hashOf),
    )
  }, 60_000)

  test('a stream that keeps what it was given has bytes of its own', async () => {
    const { open, say, goRound, hashOf } = setUp()
    const kept: Buffer[] = []
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        kept.push(chunk)
        done()
      },
    })
    const box = open(stream)
    for (let i = 0; i < 5; i++) {
      say(1000, [box])
      await nextTick()
      await goRound(1)
    }
    const hash = createHash('sha256')
    for (const chunk of kept) hash.update(chunk)
    assert.is(hash.digest('hex'), hashOf(box))
  })
})
