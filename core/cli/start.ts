import { dirname, resolve } from 'node:path'
import type { Addresses } from '../addresses.js'
import { readJson } from '../config/load.js'
import { firstLine } from '../first-line.js'
import { createServer, type Server } from '../server.js'
import { VERSION } from '../version.js'
import { parseArguments } from './arguments.js'
import { UsageError } from './usage-error.js'

/** `signalbox start`: serves until a signal comes; a second one ends the process at once. */
export async function start(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: { config: { type: 'string' }, port: { type: 'string' }, engine: { type: 'string' } },
  })
  const config = overridden(values.config === undefined ? {} : readJson(values.config), values)
  const directory = values.config === undefined ? process.cwd() : dirname(resolve(values.config))
  const server = await createServer(config, { directory })
  const addresses = await server.start()
  surviveStrays(server)
  stopOnSignal(server)
  process.stdout.write(banner(addresses)) // last: whoever reads it may send a signal at once
}

function stopOnSignal(server: Server): void {
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
  { port, engine }: { port?: string | undefined; engine?: string | undefined },
): unknown {
  if (port === undefined && engine === undefined) return config
  if (typeof config !== 'object' || config === null) return config
  const { listen } = config as { listen?: object }
  return {
    ...config,
    ...(port === undefined ? {} : { listen: { ...listen, port: portOf(port) } }),
    ...(engine === undefined ? {} : { engine }),
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new UsageError(`--port: must be a number from 0 to 65535, not "${text}"`)
  return port
}

/**
 * A plugin that forgets a promise must not take everybody's calls down: that is logged, and the server goes on. What was
 * thrown past everybody leaves nobody knows what half done: that is logged too, and the process ends.
 */
function surviveStrays({ logger }: Server): void {
  process.on('unhandledRejection', (error) => {
    logger.error(
      { err: error },
      'a promise was rejected and nobody listened; look for a plugin that forgot it',
    )
  })
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'an error nobody caught: the process ends')
    process.stderr.write(`signalbox: ${firstLine(error)}\n`)
    process.exit(1)
  })
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
