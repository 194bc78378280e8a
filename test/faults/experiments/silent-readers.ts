/** Clients that never read: what they cost the server, and what the others notice of them. */

import type { Experiment, Lab } from '../lab.js'
import type { LabClient } from '../lab-client.js'
import type { ServerProcess } from '../server-process.js'
import { sleep, until } from '../waiting.js'
import { gather, mib, ms, type Quantiles, quantiles } from './crowd.js'

const SPEAKERS = 6
const SILENT = 20
const MESSAGE_BYTES = 12_000
const TICK_MS = 5
const MEASURE_MS = 4000
/** Nothing is measured for longer. */
const LIMIT_MS = 60_000
const MAX_BYTES = 2 ** 20
/** What half and a tenth of the waits may grow by. The slowest of a hundred tell more about the machine than about us. */
const MAX_ADDED_MS = { p50: 5, p90: 20 }
/** The frames that all share are kept up to this; small, so that it is full before anything is measured. */
const LIMITS = { replayLogBytes: 4 * 2 ** 20 }

export const silentReaders: Experiment = {
  name: 'silent-readers',
  about: 'clients that never read join a busy room',
  seconds: () => 30,
  async run(lab) {
    const server = await lab.server({ limits: LIMITS })
    const speakers = await gather(lab, SPEAKERS, SPEAKERS, () => server)
    const before = await latency(lab, speakers)
    const isShort = within(MEASURE_MS)
    const base = await costWhile(lab, server, speakers, async () => !isShort())

    const silent = await freeze(lab, server)
    const during = await latency(lab, speakers)
    await until('the silent ones are closed', () => areClosed(server))
    for (const client of silent) client.stop()

    const again = await freeze(lab, server)
    const peak = await costWhile(lab, server, speakers, () => areClosed(server))
    for (const client of again) client.stop()

    const each = Math.max(0, peak - base) / SILENT
    const failures: string[] = []
    if (each > MAX_BYTES) failures.push(`a client that never reads costs ${mib(each)}`)
    for (const share of ['p50', 'p90'] as const) {
      if (during[share] > before[share] + MAX_ADDED_MS[share])
        failures.push(`others wait ${ms(during[share])} instead of ${ms(before[share])} (${share})`)
    }
    return {
      figures: {
        'silent clients': SILENT,
        'most that one costs the server': mib(each),
        'others wait without them, p50': ms(before.p50),
        'others wait without them, p99': ms(before.p99),
        'others wait with them, p50': ms(during.p50),
        'others wait with them, p99': ms(during.p99),
      },
      failures,
    }
  },
}

/** Clients join the room of the others, and read nothing from then on. */
async function freeze(lab: Lab, server: ServerProcess): Promise<LabClient[]> {
  const silent = Array.from({ length: SILENT }, (_, i) => lab.client(`silent ${i}`, () => server))
  for (const client of silent) client.start()
  await until('the silent ones are connected', () => silent.every((one) => one.isConnected))
  for (const client of silent) client.join('crowd 0')
  await until('the silent ones are in', () => silent.every((one) => one.isSettled))
  for (const client of silent) client.freeze()
  return silent
}

/** Keeps the room busy for as long as it is asked for, and bounded. */
async function speak(speakers: readonly LabClient[], goesOn: () => boolean): Promise<void> {
  const limit = performance.now() + LIMIT_MS
  for (let turn = 0; goesOn() && performance.now() < limit; turn++) {
    speakers[turn % speakers.length]!.broadcast('publish', 'crowd 0', MESSAGE_BYTES)
    await sleep(TICK_MS)
  }
}

async function latency(lab: Lab, speakers: readonly LabClient[]): Promise<Quantiles> {
  lab.note('measuring latency')
  const waits: number[] = []
  for (const client of speakers) client.onAcknowledged = (wait) => waits.push(wait)
  await speak(speakers, within(MEASURE_MS))
  await until('all is acknowledged', () => speakers.every((one) => one.isSettled))
  for (const client of speakers) client.onAcknowledged = undefined
  return quantiles(waits)
}

/** Measures the live memory that the server has while the room is busy, bytes: the most of it. */
async function costWhile(
  lab: Lab,
  server: ServerProcess,
  speakers: readonly LabClient[],
  isEnough: () => Promise<boolean>,
): Promise<number> {
  lab.note('measuring memory')
  const isTime = within(LIMIT_MS)
  let goesOn = true
  const speaking = speak(speakers, () => goesOn)
  let most = 0
  while (goesOn) {
    most = Math.max(most, (await server.measure()).liveBytes)
    await sleep(50)
    goesOn = isTime() && !(await isEnough())
  }
  await speaking
  return most
}

/** Whether so many milliseconds haven't passed yet. */
function within(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() < end
}

/** Whether the server holds no more sockets than those of the speakers, of its listeners and of the lab. */
async function areClosed(server: ServerProcess): Promise<boolean> {
  return ((await server.measure()).resources.TCPSocketWrap ?? 0) <= SPEAKERS + 5
}
