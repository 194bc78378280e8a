/** What is left behind by very many clients that came and went: nothing. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Experiment, Lab } from '../lab.js'
import type { Sample } from '../probe.js'
import { sleep, until } from '../waiting.js'
import { mib } from './crowd.js'
import type { Remains } from './leak/churn.js'

const CHURN = fileURLToPath(new URL('./leak/churn.js', import.meta.url))
const CHURN_LIMIT_MS = 10 * 60_000
/** Sockets that come and go side by side. */
const AT_ONCE = 50
/** Live memory may grow by this share of the heap of the warm server. */
const MAX_GROWTH = 0.1

export const leaks: Experiment = {
  name: 'leaks',
  about: 'connects, joins and leaves by the million in memory, and by ten thousands over sockets',
  seconds: ({ churn }) => 5 + churn.memory / 15_000 + churn.sockets / 500,
  async run(lab) {
    lab.note(`${lab.scale.churn.memory} connections in memory`)
    const inMemory = await churnInMemory(lab)
    const sockets = await churnSockets(lab)
    return {
      figures: { ...inMemory.figures, ...sockets.figures },
      failures: [...inMemory.failures, ...sockets.failures],
    }
  },
}

/** Measured against the heap alone, lest the engine's memory hide what grows beside it. */
const growthOf = (warm: Sample, cold: Sample): number => (cold.liveBytes - warm.liveBytes) / warm.heapBytes
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

async function churnInMemory({ engine, seed, scale }: Lab) {
  const args = ['--expose-gc', CHURN, engine, String(scale.churn.memory), String(seed)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: CHURN_LIMIT_MS })
  const { warm, cold } = JSON.parse(stdout) as { warm: Remains; cold: Remains }
  const failures: string[] = []
  for (const what of ['peers', 'rooms', 'memberships', 'queuedBytes'] as const) {
    if (cold[what] !== 0) failures.push(`in memory: ${cold[what]} ${what} are left`)
  }
  failures.push(...leftIn('in memory', warm, cold))
  return {
    figures: {
      'connections in memory': cold.connections,
      'heap when warm': mib(warm.heapBytes),
      'live when warm': mib(warm.liveBytes),
      'live at the end': mib(cold.liveBytes),
      growth: percent(growthOf(warm, cold)),
    },
    failures,
  }
}

async function churnSockets(lab: Lab) {
  const server = await lab.server({ limits: { resumeMs: 100, replayLogBytes: 2 ** 20 } })
  const total = lab.scale.churn.sockets
  const one = async (n: number) => {
    const client = lab.client(`client ${n}`, () => server)
    client.start()
    await client.until(() => client.isConnected)
    client.join(`room ${n % 10}`)
    client.broadcast('publish', `room ${n % 10}`, 50)
    if (n % 2 === 0) client.leave(`room ${n % 10}`)
    await client.until(() => client.isSettled)
    // One in four goes without a word, and its session expires.
    if (n % 4 === 0) client.stop()
    else client.end(n % 4 === 1 ? 'close' : 'bye')
  }
  const churn = async (from: number, to: number) => {
    let next = from
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < to) {
          if (next % 500 === 0) lab.note(`${next} of ${total} connections over sockets`)
          await one(next++)
        }
      }),
    )
    await until('all sessions are over', async () => (await server.peers()) === 0)
    await sleep(200)
    return server.measure()
  }
  const warm = await churn(0, Math.floor(total / 2))
  const cold = await churn(Math.floor(total / 2), total)
  const metrics = await server.metrics()
  const failures = leftIn('over sockets', warm, cold)
  for (const what of ['rooms', 'memberships']) {
    const left = metrics.get(`signalbox_${what}`)
    if (left !== 0) failures.push(`over sockets: ${left} ${what} are left`)
  }
  return {
    figures: {
      'connections over sockets': metrics.get('signalbox_connections_total') ?? 0,
      'heap when warm, sockets': mib(warm.heapBytes),
      'live when warm, sockets': mib(warm.liveBytes),
      'live at the end, sockets': mib(cold.liveBytes),
      'growth, sockets': percent(growthOf(warm, cold)),
    },
    failures,
  }
}

/** Memory that has grown, and handles that weren't there before. */
function leftIn(where: string, warm: Sample, cold: Sample): string[] {
  const failures: string[] = []
  const growth = growthOf(warm, cold)
  if (growth > MAX_GROWTH) failures.push(`${where}: live memory has grown by ${percent(growth)}`)
  for (const [kind, count] of Object.entries(cold.resources)) {
    const before = warm.resources[kind] ?? 0
    if (count > before)
      failures.push(`${where}: ${count} handles of kind ${kind}, ${before} when it was warm`)
  }
  return failures
}
