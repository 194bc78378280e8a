/** Ways to bring a message from one process to another: our buses, and the logs that brokers offer instead. */

import { type NatsConnection, connect as natsConnect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import { systemClock } from '../../core/clock.js'
import type { Plugin } from '../../core/plugin.js'
import ipc from '../../plugins/bus/ipc.js'
import nats from '../../plugins/bus/nats.js'
import redis from '../../plugins/bus/redis.js'
import { construct } from '../../test/contract/construct.js'

export const CARRIERS = ['ipc', 'nats', 'jetstream', 'redis', 'redis-stream'] as const
export type CarrierName = (typeof CARRIERS)[number]

/** Ports of 127.0.0.1. */
export interface Brokers {
  readonly nats: number
  readonly redis: number
  /** A Redis that writes to its disk once a second. */
  readonly redisWithDisk: number
}

export interface Carrier {
  /** Resolves once the broker has the message, and with a log: once it has written it down. */
  publish(message: Uint8Array): Promise<unknown>
  /** Resolves once no later message is missed. */
  listen(hear: (message: Uint8Array) => void): Promise<void>
}

const TOPIC = 'signalbox.bench'
/** So much of a log is kept: what a node that was away for a while could read again. */
const LOG_BYTES = 256 * 1024 * 1024
const LOG_MESSAGES = 20_000

/** Connects; the process ends with it. */
export async function carrier(name: CarrierName, brokers: Brokers): Promise<Carrier> {
  if (name === 'ipc') return ofBus(ipc, {})
  if (name === 'nats') return ofBus(nats, { servers: [`nats://127.0.0.1:${brokers.nats}`] })
  if (name === 'redis') return ofBus(redis, { url: `redis://127.0.0.1:${brokers.redis}` })
  if (name === 'jetstream') return ofJetStream(await natsConnect({ port: brokers.nats, noAsyncTraces: true }))
  return ofRedisStream(brokers.redisWithDisk)
}

async function ofBus(plugin: Plugin<'bus'>, options: object): Promise<Carrier> {
  const bus = construct(plugin, options, { clock: systemClock })
  await bus.start?.()
  return {
    publish: (message) => bus.publish(TOPIC, message),
    listen: (hear) => bus.subscribe(TOPIC, hear),
  }
}

/** A stream in a file, each message acknowledged; read by a consumer that the server pushes to, in order. */
async function ofJetStream(connection: NatsConnection): Promise<Carrier> {
  const ask = async (subject: string, request: object) => {
    const answer = (await connection.request(`$JS.API.${subject}`, JSON.stringify(request))).json<{
      error?: { description: string }
    }>()
    if (answer.error) throw new Error(answer.error.description)
  }
  return {
    publish: (message) => connection.request(TOPIC, message, { timeout: 10_000 }),
    async listen(hear) {
      const stream = {
        name: 'bench',
        subjects: [TOPIC],
        storage: 'file',
        max_bytes: LOG_BYTES,
        discard: 'old',
      }
      await ask('STREAM.DELETE.bench', {}).catch(() => {}) // of an earlier run
      await ask('STREAM.CREATE.bench', stream)
      connection.subscribe('bench.deliver', { callback: (_error, { data }) => hear(data) })
      await ask('CONSUMER.CREATE.bench', {
        stream_name: 'bench',
        config: { deliver_subject: 'bench.deliver', deliver_policy: 'new', ack_policy: 'none' },
      })
      await connection.flush()
    },
  }
}

/** A stream in memory and in a file that is written once a second; read as fast as it grows. */
async function ofRedisStream(port: number): Promise<Carrier> {
  const writer = new Redis(port, '127.0.0.1', { enableAutoPipelining: true })
  return {
    publish: (message) =>
      writer.xadd(
        TOPIC,
        'MAXLEN',
        '~',
        LOG_MESSAGES,
        '*',
        'm',
        Buffer.from(message.buffer, message.byteOffset, message.length),
      ),
    async listen(hear) {
      const reader = new Redis(port, '127.0.0.1')
      await reader.del(TOPIC)
      void follow(reader, hear)
    },
  }
}

type Entries = readonly (readonly [id: Buffer, fields: readonly [name: Buffer, message: Buffer]])[]

async function follow(reader: Redis, hear: (message: Uint8Array) => void): Promise<never> {
  let last: Buffer | string = '0'
  for (;;) {
    const read = reader.xreadBuffer('COUNT', 500, 'BLOCK', 1000, 'STREAMS', TOPIC, last)
    const answer = (await read) as [[key: Buffer, entries: Entries]] | null
    for (const [id, [, message]] of answer?.[0][1] ?? []) {
      last = id
      hear(message)
    }
  }
}
