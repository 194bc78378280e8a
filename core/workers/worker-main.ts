/**
 * A worker: a server that binds no port, in a process that the primary has forked. It does as it is told, says that it
 * is alive, and ends with the primary: whatever became of that, the channel to it ends.
 */

import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { pino } from 'pino'
import { ConfigError } from '../config/config-error.js'
import { parseConfig } from '../config/load.js'
import { firstLine } from '../first-line.js'
import { createServer, type Server } from '../server.js'
import { surviveStrays } from '../strays.js'
import { type Order, REPORT_MS, type Report } from './messages.js'

let server: Server | undefined
/** Settled when the order to serve has been carried out, or can't be. */
let serving: Promise<void> | undefined
let isOver = false

process.on('disconnect', () => process.exit(1))
if (!process.connected) process.exit(1) // the primary died while this file was loaded: nobody will say so again
// Terminals and supervisors signal all processes of a group: the primary is the one who decides.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
process.on('message', (order: Order, socket?: Socket) => obey(order, socket))

report({ type: 'begun' })
let before = performance.eventLoopUtilization()
setInterval(() => {
  const { utilization } = performance.eventLoopUtilization(before)
  before = performance.eventLoopUtilization()
  report({ type: 'alive', load: utilization, peers: server?.stats.peers ?? 0 })
}, REPORT_MS)

function obey(order: Order, socket: Socket | undefined): void {
  switch (order.type) {
    case 'serve':
      serving = serve(order)
      break
    case 'connection':
      report({ type: 'took' })
      if (server === undefined) socket?.destroy()
      else if (socket !== undefined) server.take(socket, Buffer.from(order.head, 'latin1'))
      break
    case 'drain':
      void server?.drain()
      break
    case 'stop':
      void stop()
      break
  }
}

async function serve({ name, config, directory }: Extract<Order, { type: 'serve' }>): Promise<void> {
  try {
    const { log } = parseConfig(config, directory)
    const logger = pino({ level: log.level }, pino.destination(2)).child({ worker: name })
    surviveStrays(logger)
    const made = await createServer(config, { directory, logger, binds: false })
    const { adminUrl, clients, operators } = await made.start()
    server = made
    before = performance.eventLoopUtilization() // starting was work, and says nothing of what comes
    const pathOf = (url: string) => new URL(url).pathname
    report({
      type: 'ready',
      adminUrl,
      clientPaths: clients.map(pathOf),
      operatorPaths: operators.map(pathOf),
    })
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : []
    report({ type: 'failed', message: firstLine(error), problems }, () => process.exit(2))
  }
}

/** Ends the process when everything is stopped; what is still starting is started first. */
async function stop(): Promise<void> {
  if (isOver) return
  isOver = true
  await serving
  try {
    await server?.stop()
    process.exit(0)
  } catch (error) {
    server?.logger.error({ err: error }, 'stopping failed')
    process.exit(1)
  }
}

/** Nobody listens any more when the primary has ended, and so does this process. */
function report(message: Report, sent: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, sent)
}
