import { dirname, resolve } from 'node:path'
import { parseConfig, readJson } from '../config/load.js'
import type { Addresses } from '../http/addresses.js'
import { createServer } from '../server.js'
import { surviveStrays } from '../strays.js'
import { VERSION } from '../version.js'
import { boundsOf, isSingle } from '../workers/bounds.js'
import { createPrimary } from '../workers/primary.js'
import { parseArguments } from './arguments.js'
import { UsageError } from './usage-error.js'

/** `signalbox start`: serves until a signal comes; a second one ends the process at once. */
export async function start(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      config: { type: 'string' },
      port: { type: 'string' },
      engine: { type: 'string' },
      workers: { type: 'string' },
    },
  })
  const config = overridden(values.config === undefined ? {} : readJson(values.config), values)
  const directory = values.config === undefined ? process.cwd() : dirname(resolve(values.config))
  const bounds = boundsOf(parseConfig(config, directory).workers)
  const server = await (isSingle(bounds) ? createServer : createPrimary)(config, { directory })
  const addresses = await server.start()
  surviveStrays(server.logger)
  stopOnSignal(server)
  process.stdout.write(banner(addresses)) // last: whoever reads it may send a signal at once
}

function stopOnSignal(server: { stop(): Promise<void> }): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    process.stdout.write(`\n${signal}: stopping; once more to stop at once\n`)
    server.stop().then(
      () => process.exit(0),
      (error: Error) => {
        process.stderr.write(`signalbox: ${error.message}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

/** What the command line says goes over what the file says. */
function overridden(
  config: unknown,
  { port, engine, workers }: Readonly<Partial<Record<'port' | 'engine' | 'workers', string | undefined>>>,
): unknown {
  if (port === undefined && engine === undefined && workers === undefined) return config
  if (typeof config !== 'object' || config === null) return config
  const { listen } = config as { listen?: object }
  return {
    ...config,
    ...(port === undefined ? {} : { listen: { ...listen, port: portOf(port) } }),
    ...(engine === undefined ? {} : { engine }),
    ...(workers === undefined ? {} : { workers: workersOf(workers) }),
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new UsageError(`--port: must be a number from 0 to 65535, not "${text}"`)
  return port
}

function workersOf(text: string): number | 'auto' {
  if (text === 'auto') return text
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1) throw new UsageError(`--workers: must be a number from 1 on, or auto, not "${text}"`)
  return count
}

function banner({ adminUrl, page, clients, operators }: Addresses): string {
  const admin = adminUrl === undefined ? ['off'] : operators.length > 0 ? operators : [`${adminUrl}/healthz`]
  const line = (label: string, urls: readonly string[]) =>
    `  ${label.padEnd(12)}${urls.join(`\n${' '.repeat(14)}`)}`
  const lines = [
    ...(page === undefined ? [] : [line('call page', [page])]),
    line('clients', clients),
    line('operators', admin),
  ]
  return `\n  signalbox ${VERSION}\n\n${lines.join('\n')}\n\n  Ctrl-C stops.\n\n`
}
