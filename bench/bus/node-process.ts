/** A process at one end of a carrier: sends or hears what its parent asks for. Arguments: a carrier, ports as JSON. */

import { createHistogram } from 'node:perf_hooks'
import { type Brokers, type CarrierName, carrier } from './carriers.js'

export type Question =
  | { readonly ask: 'hear'; readonly count: number }
  /** As fast as the carrier takes them, so many on their way at a time. */
  | { readonly ask: 'flood'; readonly count: number; readonly bytes: number; readonly window: number }
  /** One each so many milliseconds: nothing waits for anything else. */
  | { readonly ask: 'drip'; readonly count: number; readonly bytes: number; readonly everyMs: number }

export type Told =
  | { readonly told: 'ready' | 'listening' }
  | { readonly told: 'sent'; readonly beganNs: string }
  | {
      readonly told: 'heard'
      readonly endedNs: string
      /** From the sender's clock to ours: one machine has one monotonic clock. */
      readonly p50Us: number
      readonly p99Us: number
    }
  | { readonly told: 'failed'; readonly why: string }

const [name, ports] = process.argv.slice(2) as [CarrierName, string]
const tell = (what: Told) => process.send?.(what)
const open = await carrier(name, JSON.parse(ports) as Brokers)

/** A number, the time, and filling. */
function message(number: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes, 'x')
  buffer.writeUInt32LE(number)
  buffer.writeBigInt64LE(process.hrtime.bigint(), 4)
  return buffer
}

let expected = 0
let heard = 0
let latency = createHistogram()

function hear(received: Uint8Array): void {
  const buffer = Buffer.from(received.buffer, received.byteOffset, received.length)
  const number = buffer.readUInt32LE()
  if (number !== heard) tell({ told: 'failed', why: `message ${number} came where ${heard} was due` })
  latency.record(process.hrtime.bigint() - buffer.readBigInt64LE(4))
  heard = number + 1
  if (heard !== expected) return
  const [p50Us, p99Us] = [latency.percentile(50) / 1000, latency.percentile(99) / 1000]
  tell({ told: 'heard', endedNs: String(process.hrtime.bigint()), p50Us, p99Us })
}

async function flood(count: number, bytes: number, window: number): Promise<void> {
  let sent = 0
  const stream = async () => {
    while (sent < count) await open.publish(message(sent++, bytes))
  }
  await Promise.all(Array.from({ length: window }, stream))
}

async function drip(count: number, bytes: number, everyMs: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    await new Promise((resolve) => setTimeout(resolve, everyMs))
    await open.publish(message(sent, bytes))
  }
}

async function answer(question: Question): Promise<void> {
  if (question.ask === 'hear') {
    expected = question.count
    heard = 0
    latency = createHistogram()
    tell({ told: 'listening' })
    return
  }
  const { ask, count, bytes } = question
  const beganNs = String(process.hrtime.bigint())
  await (ask === 'flood' ? flood(count, bytes, question.window) : drip(count, bytes, question.everyMs))
  tell({ told: 'sent', beganNs })
}

process.on('message', (question: Question) => {
  answer(question).catch((error: Error) => tell({ told: 'failed', why: error.message }))
})
process.on('disconnect', () => process.exit(0))
if (process.argv[4] === 'listen') await open.listen(hear)
tell({ told: 'ready' })
