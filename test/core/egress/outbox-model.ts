/** Two outboxes that share a log, whatever happens to them, and beside each the simplest model of what must come of it. */

import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { Egress } from '../../../core/egress/egress.js'
import type { Outbox } from '../../../core/egress/outbox.js'
import { textFrame } from '../../../core/egress/text-frame.js'
import { Stats } from '../../../core/hub/stats.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import { textsOf } from '../../contract/frames.js'
import { egressLimits } from '../../egress-limits.js'

const REPLAY = { replayFrames: 20, replayBytes: 60_000 }
const LOG_BYTES = 1 << 20

const HAPPENINGS = [
  ...['push', 'push', 'push', 'direct', 'direct', 'tell', 'ack'],
  ...['flush', 'chunk', 'tick', 'detach', 'attach', 'attach', 'acknowledge', 'acknowledge'],
] as const

export interface Step {
  readonly what: (typeof HAPPENINGS)[number]
  /** Which of the two. */
  readonly to: number
  /** A frame's length; an even one is pushed to both. */
  readonly bytes: number
  /** How far behind what the client has `seen` is. */
  readonly back: number
}

export const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...HAPPENINGS),
  to: fc.integer({ min: 0, max: 1 }),
  bytes: fc.oneof({ weight: 9, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: fc.nat(150_000) }),
  back: fc.oneof(fc.constant(0), fc.integer({ min: -2, max: 25 })),
})

class Model {
  /** Undefined while there is no socket. */
  connection: FakeConnection | undefined = new FakeConnection()
  /** Every counted frame; frame 1 is at 0. */
  readonly counted: string[] = []
  /** What the present socket must be given, acknowledgements aside. */
  expected: string[] = []
  /** Up to which number the client has everything, by its own word and by what its last socket was given. */
  acknowledged = 0
  has = 0
  readonly outbox: Outbox

  constructor(egress: Egress) {
    const tooSlow = () => assert.unreachable('nobody is slow here')
    this.outbox = egress.open(this.connection!, { tooSlow, lost() {} })
  }

  push(text: string): void {
    this.counted.push(text)
    this.expected.push(text)
  }

  /** What was given is what must be, in order; all of it after a flush. */
  check(isAll: boolean): void {
    if (this.connection === undefined) return
    const given = this.connection.writes.flatMap(textsOf).filter((text) => !text.includes('"ack"'))
    assert.equal(given, isAll ? this.expected : this.expected.slice(0, given.length))
    this.has = this.counted.length - this.expected.slice(given.length).filter(isCounted).length
  }

  detach(): void {
    this.check(false)
    this.outbox.detach()
    this.connection = undefined
    assert.ok(this.outbox.keptBytes <= REPLAY.replayBytes)
  }

  acknowledge(back: number): void {
    this.check(false)
    const seen = this.has - back
    const isTrue = seen >= this.acknowledged && seen <= this.has
    assert.is(this.outbox.acknowledge(seen), isTrue)
    if (isTrue) this.acknowledged = seen
  }

  attach(back: number, logIsYoung: boolean): void {
    const seen = this.has - back
    const missing = this.counted.slice(Math.max(0, seen))
    const bytes = missing.reduce((sum, text) => sum + textFrame(text).length, 0)
    const isTrue = seen >= this.acknowledged && seen <= this.has
    const isKept = missing.length <= REPLAY.replayFrames && bytes <= REPLAY.replayBytes
    const connection = new FakeConnection()
    if (this.outbox.attach(connection, seen)) {
      assert.ok(isTrue && isKept)
      this.connection = connection
      this.expected = [...missing]
      this.acknowledged = seen
      this.has = seen
    } else {
      // What the log has let go of is missing too, and that it may at any time when it is full.
      assert.not(isTrue && isKept && logIsYoung)
    }
  }
}

const isCounted = (text: string) => text.startsWith('c')

/** Lets everything happen, and checks after each step. */
export async function play(steps: readonly Step[]): Promise<void> {
  const egress = new Egress(new Stats(), egressLimits({ ...REPLAY, replayLogBytes: LOG_BYTES }))
  const models = [new Model(egress), new Model(egress)]
  for (const [i, step] of steps.entries()) await happen(egress, models, step, i)
  await new Promise(setImmediate)
  for (const model of models) {
    model.check(true)
    model.outbox.close()
    assert.is(model.outbox.queuedBytes + model.outbox.keptBytes, 0)
  }
  await new Promise(setImmediate)
  assert.ok(egress.log.bytes < 2 * LOG_BYTES)
}

async function happen(egress: Egress, models: readonly Model[], step: Step, i: number): Promise<void> {
  const { what, to, bytes, back } = step
  const model = models[to]!
  const { outbox } = model
  if (what === 'push' || what === 'direct') {
    const text = `c${i}${'.'.repeat(bytes)}`
    const position = egress.log.append(textFrame(text))
    for (const one of what === 'push' && bytes % 2 === 0 ? models : [model]) {
      if (what === 'push') one.outbox.push(position)
      else one.outbox.pushDirect(position)
      one.push(text)
    }
  } else if (what === 'tell') {
    if (model.connection === undefined) return
    outbox.tell(textFrame(`t${i}`))
    model.expected.push(`t${i}`)
  } else if (what === 'ack') {
    outbox.ack(i + 1)
  } else if (what === 'flush') {
    outbox.flush()
    model.check(true)
  } else if (what === 'chunk') {
    egress.endOfChunk()
  } else if (what === 'tick') {
    await new Promise(setImmediate)
    for (const one of models) one.check(true)
  } else if (what === 'detach') {
    if (model.connection !== undefined) model.detach()
  } else if (what === 'attach') {
    if (model.connection === undefined) model.attach(back, egress.log.end < LOG_BYTES)
  } else if (model.connection !== undefined) {
    model.acknowledge(back)
  }
  assert.is(outbox.sent, model.counted.length)
}
