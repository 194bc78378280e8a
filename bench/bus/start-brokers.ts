/** The brokers that carriers need, on free ports of 127.0.0.1. */

import { findNats, startNats } from '../../test/real-server/nats.js'
import type { RealServer } from '../../test/real-server/real-server.js'
import { findRedis, startRedis } from '../../test/real-server/redis.js'
import type { Brokers, CarrierName } from './carriers.js'

export interface StartedBrokers {
  readonly ports: Brokers
  /** Why a carrier can't take part. */
  missing(name: CarrierName): string | undefined
  /** The process that carries; undefined for `ipc`, which has none of its own. */
  pid(name: CarrierName): number | undefined
  stop(): Promise<void>
}

/** Those that are there, or can be installed. */
export async function startBrokers(): Promise<StartedBrokers> {
  const cleanUps: (() => unknown)[] = []
  const defer = (cleanUp: () => unknown) => void cleanUps.push(cleanUp)
  const [nats, redis] = [findNats(), findRedis()]
  let [natsServer, redisServer, redisWithDisk]: (RealServer | undefined)[] = []
  if ('path' in nats) natsServer = await startNats(defer, nats.path, 'jetstream {}')
  if ('path' in redis) {
    redisServer = await startRedis(defer, redis.path)
    redisWithDisk = await startRedis(defer, redis.path, (port) => [
      ...['--port', String(port), '--appendonly', 'yes', '--appendfsync', 'everysec'],
    ])
  }
  const servers: Readonly<Record<CarrierName, RealServer | undefined>> = {
    ipc: undefined,
    nats: natsServer,
    jetstream: natsServer,
    redis: redisServer,
    'redis-stream': redisWithDisk,
  }
  return {
    ports: {
      nats: natsServer?.port ?? 0,
      redis: redisServer?.port ?? 0,
      redisWithDisk: redisWithDisk?.port ?? 0,
    },
    missing(name) {
      if (name === 'ipc' || servers[name] !== undefined) return undefined
      const found = name === 'nats' || name === 'jetstream' ? nats : redis
      return 'missing' in found ? found.missing : undefined
    },
    pid: (name) => servers[name]?.pid,
    async stop() {
      for (const cleanUp of cleanUps.reverse()) await cleanUp()
    },
  }
}
