/** A server of several real processes on a free port of 127.0.0.1. */

import type { Logger } from 'pino'
import { systemClock } from '../core/clock.js'
import { parseConfig } from '../core/config/load.js'
import type { EngineName } from '../core/engine/engine.js'
import { type Found, find } from '../core/loader.js'
import type { Autoscale } from '../core/workers/autoscale.js'
import { boundsOf } from '../core/workers/bounds.js'
import { createPrimary, Primary } from '../core/workers/primary.js'
import { capturedLogger } from './captured-logger.js'
import { type ClientOptions, RawClient } from './live-server.js'
import type { Defer } from './suite.js'

/** Processes take their time where ten others share the machine. */
export const LONG_MS = 90_000

export interface Crew {
  readonly primary: Primary
  readonly url: string
  readonly port: number
  readonly adminUrl: string
  /** What the primary logged. */
  readonly lines: readonly Record<string, unknown>[]
  client(query?: string, options?: ClientOptions): Promise<RawClient>
  /** The process that serves as this worker now. */
  pid(worker: string): number
  /** Whether a worker wasn't heard for so long that it got no connections: this machine is busy. */
  wasSilent(): boolean
  /** A metric of one worker, or of the primary: `peers{worker="w1"}`. */
  metric(name: string): Promise<number | undefined>
}

/** Starts workers with `config` over the defaults, and stops them when the test ends. */
export async function crew(
  defer: Defer,
  engine: EngineName,
  config: Record<string, unknown>,
  { directory = '.', autoscale }: { directory?: string; autoscale?: Pick<Autoscale, 'decide'> } = {},
): Promise<Crew> {
  const { logger, lines } = capturedLogger()
  const written = {
    listen: { port: 0 },
    admin: { port: 0 },
    page: false,
    engine,
    log: { level: 'error' },
    limits: { drainMs: 0, handshakeMs: 60_000 },
    workers: 2,
    plugins: { policy: [] },
    ...config,
  }
  const primary = autoscale
    ? await scaled(written, { directory, logger, autoscale })
    : await createPrimary(written, { logger, directory })
  const { url, adminUrl } = await primary.start()
  defer(() => primary.stop())
  return {
    primary,
    url,
    port: Number(new URL(url).port),
    adminUrl: adminUrl ?? '',
    lines,
    async client(query = '', options = {}) {
      const client = new RawClient(url, { query, ...options })
      defer(() => client.socket.terminate())
      await client.next('welcome')
      return client
    },
    pid: (worker) =>
      lines.findLast((line) => line.msg === 'a worker serves' && line.worker === worker)!.pid as number,
    wasSilent: () => lines.some(({ msg }) => /^a worker is silent/.test(String(msg))),
    async metric(name) {
      const text = await (await fetch(`${adminUrl}/metrics`)).text()
      const line = text.split('\n').find((one) => one.startsWith(`signalbox_${name} `))
      return line === undefined ? undefined : Number(line.split(' ')[1])
    },
  }
}

/** As `createPrimary`, but somebody else decides how many workers there should be. */
async function scaled(
  written: Record<string, unknown>,
  options: { directory: string; logger: Logger; autoscale: Pick<Autoscale, 'decide'> },
): Promise<Primary> {
  const config = parseConfig(written, options.directory)
  const found = await find(config.plugins, options.directory)
  const balancer = found.find(({ plugin }) => plugin.kind === 'balancer') as Found<'balancer'>
  const bounds = boundsOf(config.workers)
  return new Primary(written, config, { ...options, bounds, balancer, clock: systemClock })
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
