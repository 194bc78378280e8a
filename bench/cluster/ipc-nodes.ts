/**
 * Two servers on the bus `ipc`, as two workers are, but each with a port of its own, so that it is known who is where:
 * `node ipc-nodes.js wasm|js`. This process is the exchange between them, as a primary is.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { Exchange } from '../../core/workers/exchange.js'
import { EXCHANGE_VARIABLE } from '../../core/workers/exchange-frames.js'

const SERVER = fileURLToPath(new URL('../load/signalbox-server.js', import.meta.url))
const PIPE_FD = 4

const exchange = new Exchange(pino({ level: 'silent' }))
const ports: string[] = []
for (const name of ['a', 'b']) {
  const settings = { cluster: { name }, plugins: { bus: [{ use: 'ipc' }] } }
  const child = spawn(process.execPath, [SERVER, process.argv[2]!, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc', 'pipe'],
    env: { ...process.env, [EXCHANGE_VARIABLE]: String(PIPE_FD) },
  })
  child.on('exit', () => process.exit(1))
  exchange.add(name, child.stdio[PIPE_FD] as Duplex)
  const [said] = (await once(child.stdout!, 'data')) as [Buffer]
  ports.push(/^listening (\d+)$/m.exec(said.toString())![1]!)
}
console.log(`listening ${ports.join(' ')}`)
