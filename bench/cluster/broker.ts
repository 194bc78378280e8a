/**
 * A broker for as long as it is measured: `node broker.js nats|redis` says `listening PORT`, and ends the broker when it
 * ends itself. Nothing is kept on disk.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Program } from '../../test/installed-program.js'
import { findNats } from '../../test/real-server/nats.js'
import { findRedis } from '../../test/real-server/redis.js'

export type BrokerName = 'nats' | 'redis'

const HOST = '127.0.0.1'

interface Broker {
  find(): Program
  args(port: number): readonly string[]
  /** What it writes when it listens. */
  readonly ready: RegExp
}

const BROKERS: Readonly<Record<BrokerName, Broker>> = {
  nats: {
    find: findNats,
    args: (port) => ['-a', HOST, '-p', String(port)],
    ready: /Server is ready/,
  },
  redis: {
    find: findRedis,
    args: (port) => ['--bind', HOST, '--port', String(port), '--save', '', '--appendonly', 'no'],
    ready: /Ready to accept connections/,
  },
}

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST)
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

function end(why: string): never {
  console.error(`Error: ${why}`)
  process.exit(1)
}

async function run({ find, args, ready }: Broker): Promise<void> {
  const found = find()
  if ('missing' in found) end(found.missing)
  const port = await freePort()
  const child = spawn(found.path, args(port), { stdio: ['ignore', 'pipe', 'pipe'] })
  process.on('exit', () => child.kill('SIGKILL'))
  let said = ''
  const hear = (chunk: Buffer) => {
    if (ready.test(said)) return
    said += chunk.toString()
    if (ready.test(said)) console.log(`listening ${port}`)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('error', () => end(`${found.path} can't be run`))
  child.on('exit', () => end(`${found.path} has ended`))
}

await run(BROKERS[process.argv[2] as BrokerName])
