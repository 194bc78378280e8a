/** `bus`: what it costs to bring a message from one server to another, and what a log in between would cost instead. */

import { CARRIERS, type CarrierName } from '../bus/carriers.js'
import { type Measured, measure, type Work } from '../bus/run.js'
import { startBrokers } from '../bus/start-brokers.js'
import { Progress } from '../progress.js'
import { type Absence, result, type Unit } from '../report.js'
import type { Findings, Setting, Suite } from './suite.js'

/** An acknowledgement, a candidate or a short description, and a batch of them. */
const SIZES = [
  { name: '128 B', bytes: 128, flood: 40_000 },
  { name: '1.4 KB', bytes: 1400, flood: 30_000 },
  { name: '16 KB', bytes: 16_384, flood: 8000 },
] as const

/** `share` of the messages; one drips each 2 ms. */
const FULL = { rounds: 5, share: 1, drip: 500 }
const QUICK = { rounds: 2, share: 0.2, drip: 100 }
const EVERY_MS = 2
const WINDOW = 128
/** Of one carrier, size and round. */
const SECONDS = { full: 5, quick: 2 }

const READINGS: readonly [what: string, unit: Unit, of: (measured: Measured) => number][] = [
  ['throughput', 'deliveries/s', ({ perSecond }) => perSecond],
  ['servers', 'ns/message', ({ nodesNs }) => nodesNs],
  ['broker', 'ns/message', ({ brokerNs }) => brokerNs],
  ['p50', 'µs', ({ p50Us }) => p50Us],
  ['p99', 'µs', ({ p99Us }) => p99Us],
]

export const bus: Suite = {
  run,
  seconds: ({ quick }) =>
    (quick ? SECONDS.quick * QUICK.rounds : SECONDS.full * FULL.rounds) * CARRIERS.length * SIZES.length,
}

async function run({ quick }: Setting): Promise<Findings> {
  const { rounds, share, drip } = quick ? QUICK : FULL
  const started = await startBrokers()
  const absent: Absence[] = []
  const leaveOut = (variant: CarrierName, why: string, failure: boolean) =>
    absent.push({ suite: 'bus', variant, why, failure })
  const taking = new Set(CARRIERS)
  for (const name of CARRIERS) {
    const why = started.missing(name)
    if (why === undefined) continue
    taking.delete(name)
    leaveOut(name, why, false)
  }
  const samples = new Map<string, Measured[]>()
  const progress = new Progress(rounds * SIZES.length * taking.size)
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { name: size, bytes, flood } of SIZES) {
        for (const name of taking) {
          progress.show(`bus ${size} ${name}`)
          const work: Work = { bytes, flood: flood * share, window: WINDOW, drip, everyMs: EVERY_MS }
          try {
            const measured = await measure(name, started.ports, started.pid(name), work)
            const key = `${size}|${name}`
            samples.set(key, [...(samples.get(key) ?? []), measured])
          } catch (error) {
            taking.delete(name)
            leaveOut(name, (error as Error).message, true)
          }
          progress.step()
        }
      }
    }
  } finally {
    progress.clear()
    await started.stop()
  }
  const results = SIZES.flatMap(({ name: size }) =>
    READINGS.flatMap(([what, unit, of]) =>
      CARRIERS.filter((name) => samples.has(`${size}|${name}`)).map((name) =>
        result('bus', `${size} ${what}`, name, unit, samples.get(`${size}|${name}`)!.map(of)),
      ),
    ),
  )
  return { results, absent }
}
