import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './waiting.js'

/** The buses that need a server of their own. */
export type BrokerKind = 'nats' | 'redis'

export interface BrokerOptions {
  /** An address of this machine, or of the network that `prefix` runs it in. */
  readonly host?: string
  /** A command that runs it: in a network of its own, for example. */
  readonly prefix?: readonly string[]
  /** The address of another nats-server that it shares its messages with. */
  readonly partner?: string
}

const PATHS: Readonly<Record<BrokerKind, readonly string[]>> = {
  nats: ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'],
  redis: ['/usr/bin/redis-server', '/usr/local/bin/redis-server'],
}
const START_MS = 20_000
/** Where nats-servers find each other, in networks of their own. */
const ROUTE_PORT = 6222

/** A real nats-server or redis-server on a port that stays the same however often it is killed. */
export class Broker {
  readonly kind: BrokerKind
  readonly host: string
  readonly port: number
  readonly #command: readonly string[]
  readonly #config: string
  #child: ChildProcess | undefined

  private constructor(
    kind: BrokerKind,
    port: number,
    { host = '127.0.0.1', prefix = [], partner }: BrokerOptions,
  ) {
    this.kind = kind
    this.host = host
    this.port = port
    const path = pathOf(kind)!
    this.#command = [...prefix, path, ...(kind === 'nats' ? ['-c'] : [])]
    this.#config = kind === 'nats' ? natsConfig(host, port, partner) : redisConfig(host, port)
  }

  /** Why there can't be one; undefined: there can. */
  static lacks(kind: BrokerKind): string | undefined {
    return pathOf(kind) === undefined ? `there is no ${kind}-server here: install it` : undefined
  }

  /** Resolves when it accepts connections. */
  static async start(kind: BrokerKind, options: BrokerOptions = {}): Promise<Broker> {
    const broker = new Broker(kind, await freePort(), options)
    await broker.start()
    return broker
  }

  /** Again, after `kill`. */
  async start(): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-faults-'))
    const file = join(folder, 'broker.conf')
    writeFileSync(file, this.#config)
    const [command = '', ...args] = [...this.#command, file]
    const child = spawn(command, args, { stdio: 'ignore', cwd: folder })
    this.#child = child
    const answers = () => {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`)
      return isOpen(this.host, this.port)
    }
    try {
      await until(`${command} answers`, answers, START_MS)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** From now on it is half open: it takes connections, and does nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await ended
  }

  /** What a server's config says to use it, through another port where there is a proxy before it. */
  bus(port = this.port): Record<string, unknown> {
    const { host } = this
    if (this.kind === 'nats') return { use: 'nats', options: { servers: [`nats://${host}:${port}`] } }
    return { use: 'redis', options: { url: `redis://${host}:${port}` } }
  }
}

const pathOf = (kind: BrokerKind): string | undefined => PATHS[kind].find(isExecutable)

/** A partner that falls silent is noticed within seconds. */
function natsConfig(host: string, port: number, partner: string | undefined): string {
  const own = `host: "${host}", port: ${port}, ping_interval: "1s", ping_max: 2`
  if (partner === undefined) return own
  return `${own}, cluster { name: lab, host: "${host}", port: ${ROUTE_PORT}, routes: ["nats://${partner}:${ROUTE_PORT}"] }`
}

const redisConfig = (host: string, port: number): string =>
  `bind ${host}\nport ${port}\nprotected-mode no\nsave ""\nappendonly no\n`

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
