import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findNats } from '../real-server/nats.js'
import { RealServer } from '../real-server/real-server.js'
import { findRedis } from '../real-server/redis.js'
import type { Defer } from '../suite.js'

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

/** Where nats-servers find each other, in networks of their own. */
const ROUTE_PORT = 6222

const FIND = { nats: findNats, redis: findRedis }

/** A real nats-server or redis-server, and how servers are configured to use it. */
export class Broker {
  readonly kind: BrokerKind
  readonly host: string
  /** To be killed, stopped, and started again on the same port. */
  readonly server: RealServer

  private constructor(kind: BrokerKind, host: string, server: RealServer) {
    this.kind = kind
    this.host = host
    this.server = server
  }

  /** Why there can't be one; undefined: there can. */
  static lacks(kind: BrokerKind): string | undefined {
    const found = FIND[kind]()
    return 'missing' in found ? found.missing : undefined
  }

  /** Resolves when it listens; it ends with what `defer` belongs to. */
  static async start(kind: BrokerKind, defer: Defer, options: BrokerOptions = {}): Promise<Broker> {
    const { host = '127.0.0.1', prefix = [], partner } = options
    const found = FIND[kind]()
    if ('missing' in found) throw new Error(found.missing)
    const [path = '', ...before] = [...prefix, found.path]
    const server = await RealServer.start(defer, {
      path,
      host,
      args(port, folder) {
        const file = join(folder, 'broker.conf')
        writeFileSync(
          file,
          kind === 'nats' ? natsConfig(host, port, partner) : redisConfig(host, port, folder),
        )
        return [...before, ...(kind === 'nats' ? ['-c'] : []), file]
      },
    })
    return new Broker(kind, host, server)
  }

  /** What a server's config says to use it, through another port where there is a proxy before it. */
  bus(port = this.server.port): Record<string, unknown> {
    const { host } = this
    if (this.kind === 'nats') return { use: 'nats', options: { servers: [`nats://${host}:${port}`] } }
    return { use: 'redis', options: { url: `redis://${host}:${port}` } }
  }
}

/** A partner that falls silent is noticed within seconds. */
function natsConfig(host: string, port: number, partner: string | undefined): string {
  const own = `host: "${host}", port: ${port}`
  if (partner === undefined) return own
  const routes = `host: "${host}", port: ${ROUTE_PORT}, routes: ["nats://${partner}:${ROUTE_PORT}"]`
  return `${own}, ping_interval: "1s", ping_max: 2, cluster { name: lab, ${routes} }`
}

const redisConfig = (host: string, port: number, folder: string): string =>
  `bind ${host}\nport ${port}\nprotected-mode no\nsave ""\nappendonly no\ndir ${folder}\n`
