import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { type BrokerConnection, type BrokerListener, missingPackage } from '../../../core/api.js'
import type { RedisAddress } from './address.js'

export interface RedisOptions {
  readonly address: RedisAddress
  readonly name: string
  readonly prefix?: string
}

/** Every message begins with its sender: 16 base64url characters are 12 bytes. */
const SENDER_BYTES = 12

/** The client, or how to get it. */
export const redisClient = () => import('ioredis').catch(missingPackage('ioredis', 6))

/** Connects twice: a connection that has subscribed may do nothing else (RESP 2, which every server speaks). */
export async function connectRedis(
  { address, name, prefix }: RedisOptions,
  listener: BrokerListener,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  const { Redis } = await redisClient()
  const make = () =>
    new Redis({
      ...address,
      protocol: 2,
      connectionName: name,
      lazyConnect: true,
      // The bus does all this, for every broker in the same way.
      retryStrategy: () => null,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      disableClientInfo: true,
    })
  const connection = new RedisConnection(make(), make(), prefix ? `${prefix}.` : '', listener)
  const giveUp = () => void connection.close()
  signal.addEventListener('abort', giveUp)
  try {
    await connection.open()
    return connection
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

class RedisConnection implements BrokerConnection {
  readonly #publisher: Redis
  readonly #subscriber: Redis
  readonly #prefix: string
  readonly #listener: BrokerListener
  readonly #self: Buffer
  /** Where this connection hears itself: what comes back has gone all the way. */
  readonly #echo = `signalbox.echo.${randomBytes(12).toString('base64url')}`
  #echoes: { resolve(): void; reject(error: Error): void }[] = []
  /** The last error of a socket; its end tells less. */
  #why: string | undefined

  constructor(publisher: Redis, subscriber: Redis, prefix: string, listener: BrokerListener) {
    this.#publisher = publisher
    this.#subscriber = subscriber
    this.#prefix = prefix
    this.#listener = listener
    this.#self = Buffer.from(listener.self, 'base64url')
    for (const client of [publisher, subscriber]) {
      client.on('error', (error: Error) => {
        this.#why = error.message
      })
      client.on('close', () => this.#lost())
    }
    subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => this.#receive(channel, message))
  }

  /** Rejects with the reason why a broker doesn't take us. */
  async open(): Promise<void> {
    try {
      await Promise.all([this.#publisher.connect(), this.#subscriber.connect()])
      await this.subscribe([this.#echo])
    } catch (error) {
      await this.close()
      throw this.#why === undefined ? error : new Error(this.#why, { cause: error })
    }
  }

  subscribe(topics: readonly string[]): Promise<unknown> {
    return this.#subscriber.subscribe(...topics.map((topic) => this.#prefix + topic))
  }

  unsubscribe(topic: string): Promise<unknown> {
    return this.#subscriber.unsubscribe(this.#prefix + topic)
  }

  publish(topic: string, message: Uint8Array): Promise<unknown> {
    this.#gather()
    return this.#publisher.publish(this.#prefix + topic, Buffer.concat([this.#self, message]))
  }

  async ping(): Promise<void> {
    const heard = new Promise<void>((resolve, reject) => this.#echoes.push({ resolve, reject }))
    heard.catch(() => {}) // it may be given up before anybody waits for it
    await this.publish(this.#echo, Buffer.alloc(0))
    await heard
  }

  async close(): Promise<void> {
    this.#giveUp('the connection is closed')
    for (const client of [this.#publisher, this.#subscriber]) {
      client.disconnect()
      client.stream?.destroy() // or it would wait for a broker that answers nothing to say goodbye
    }
  }

  /** What is published in one turn leaves in one write. The client's own pipelining waits for the answers of the last. */
  #gather(): void {
    const { stream } = this.#publisher
    if (stream === undefined || stream.writableCorked > 0) return
    stream.cork()
    setImmediate(() => stream.uncork())
  }

  #receive(channel: Buffer, message: Buffer): void {
    if (message.length < SENDER_BYTES) return // not from one of us
    const topic = channel.toString('latin1', this.#prefix.length)
    if (topic === this.#echo) this.#echoes.shift()?.resolve()
    else
      this.#listener.message(
        topic,
        message.subarray(SENDER_BYTES),
        message.toString('base64url', 0, SENDER_BYTES),
      )
  }

  #lost(): void {
    const why = this.#why ?? 'the connection has closed'
    this.#giveUp(why)
    this.#listener.lost(why)
  }

  #giveUp(why: string): void {
    for (const { reject } of this.#echoes.splice(0)) reject(new Error(why))
  }
}
