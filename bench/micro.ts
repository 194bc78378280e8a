/**
 * Micro benchmarks: one message in, recipients and one frame out. `idiomatic` is what a server without an engine
 * does: JSON.parse, a look-up in Maps, JSON.stringify.
 */

import Benchmark from 'benchmark'
import { createEngine } from '../core/engine/create.js'
import type { Engine } from '../core/engine/engine.js'
import { WasmEngine } from '../core/engine/wasm.js'
import { encodePeerId } from '../core/peer-id.js'
import { type Case, cases } from './messages.js'

export interface Measurement {
  readonly case: string
  readonly variant: string
  readonly bytes: number
  /** Nanoseconds a message: the median of the samples, and the quartiles around it. */
  readonly medianNs: number
  readonly lowerNs: number
  readonly upperNs: number
  /** Relative margin of error of the mean, percent, as Benchmark.js gives it. */
  readonly marginPercent: number
  readonly samples: number
}

/** Takes a message and returns the frame; `recipient` is then the first to receive it. */
interface Variant {
  readonly name: string
  rewrite(message: Buffer): Buffer
  readonly recipient: number
}

const ROOM = 'standup-7f3a'
const IDS = [0, 1].map((slot) => encodePeerId(1, slot, 1, 0x1_2345_6789 + slot))

function idiomatic(): Variant {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const slots = new Map(IDS.map((id, slot) => [id, slot]))
  const rooms = new Map([[ROOM, new Set([0, 1])]])
  let recipient = -1
  return {
    name: 'idiomatic',
    get recipient() {
      return recipient
    },
    rewrite(message) {
      const { type, room, to, data } = JSON.parse(decoder.decode(message)) as Record<string, string>
      const members = rooms.get(room!)
      if (!members?.has(0)) throw new Error('not joined')
      recipient = to === undefined ? [...members].find((slot) => slot !== 0)! : (slots.get(to) ?? -1)
      const text = JSON.stringify({ type, room, from: IDS[0], data })
      const length = Buffer.byteLength(text)
      const headerBytes = length < 126 ? 2 : 4
      const frame = Buffer.allocUnsafe(headerBytes + length)
      frame[0] = 0x81
      frame[1] = headerBytes === 2 ? length : 126
      if (headerBytes === 4) frame.writeUInt16BE(length, 2)
      frame.write(text, headerBytes)
      return frame
    },
  }
}

function ofEngine(engine: Engine, name: string = engine.name): Variant {
  for (const [slot, id] of IDS.entries()) engine.addPeer(slot, id)
  engine.addRoom(0, ROOM)
  for (const slot of IDS.keys()) engine.join(slot, 0, 3)
  return {
    name,
    get recipient() {
      return engine.recipient(0)
    },
    rewrite(message) {
      if (engine.ingest(0, message) < 0) throw new Error('refused')
      return engine.frame()
    },
  }
}

/** Throws unless every variant does the same work: the same bytes to the same peer. */
function checkSameWork(variants: readonly Variant[], { name, message }: Case): void {
  const [expected, ...others] = variants.map((variant) => {
    const frame = variant.rewrite(message).toString('latin1')
    return `${variant.recipient} ${frame}`
  })
  if (others.some((other) => other !== expected))
    throw new Error(`${name}: the variants differ in what they do`)
}

/** Seconds each variant of each case is measured for. */
const FULL_SECONDS = 3
const QUICK_SECONDS = 0.4

/** Measures every case in every variant; `onResult` hears of each as it comes. */
export function measure(quick: boolean, onResult: (result: Measurement) => void): Measurement[] {
  const variants = [
    idiomatic(),
    ofEngine(createEngine('js')),
    ofEngine(new WasmEngine('scalar'), 'wasm-scalar'),
    ofEngine(createEngine('wasm')),
  ]
  const results: Measurement[] = []
  for (const one of cases(ROOM, IDS[1]!)) {
    checkSameWork(variants, one)
    for (const variant of variants) {
      const benchmark = new Benchmark(variant.name, () => variant.rewrite(one.message), {
        maxTime: quick ? QUICK_SECONDS : FULL_SECONDS,
        minSamples: quick ? 10 : 40,
      })
      benchmark.run()
      if (benchmark.error) throw benchmark.error
      const result = summarise(one, variant.name, benchmark)
      results.push(result)
      onResult(result)
    }
  }
  return results
}

function summarise({ name, message }: Case, variant: string, { stats }: Benchmark): Measurement {
  const sorted = [...stats.sample].sort((a, b) => a - b)
  const quantileNs = (q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))]! * 1e9)
  return {
    case: name,
    variant,
    bytes: message.length,
    medianNs: quantileNs(0.5),
    lowerNs: quantileNs(0.25),
    upperNs: quantileNs(0.75),
    marginPercent: Number(stats.rme.toFixed(2)),
    samples: sorted.length,
  }
}
