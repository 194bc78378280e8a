import type { Authenticator, NatsConnection, Subscription } from '@nats-io/transport-node'
import { type BrokerConnection, type BrokerListener, missingPackage, Receipts } from '../../../core/api.js'
import type { NatsCredentials } from './credentials.js'
import { firstToAnswer } from './first-to-answer.js'

export interface NatsOptions extends NatsCredentials {
  readonly servers: readonly string[]
  readonly name: string
  readonly prefix?: string
}

/** What a message between servers may have (core/contracts/bus.ts). */
const LARGEST_BYTES = 512 * 1024

/** The client, or how to get it. */
export const natsClient = () =>
  import('@nats-io/transport-node').catch(missingPackage('@nats-io/transport-node', 3))

/** Connects to the first of the servers that answers. */
export async function connectNats(
  options: NatsOptions,
  listener: BrokerListener,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  const client = await natsClient()
  const { servers, name, token, user, password, nkey, creds, prefix } = options
  const server = await firstToAnswer(servers, signal)
  const bytes = (text: string) => new TextEncoder().encode(text)
  const authenticators: Authenticator[] = []
  if (token !== undefined) authenticators.push(client.tokenAuthenticator(token))
  if (user !== undefined) authenticators.push(client.usernamePasswordAuthenticator(user, password))
  if (nkey !== undefined) authenticators.push(client.nkeyAuthenticator(bytes(nkey)))
  if (creds !== undefined) authenticators.push(client.credsAuthenticator(bytes(creds)))
  const tls = options.tls ?? (server.startsWith('tls:') ? {} : undefined)
  const connection = await client.connect({
    servers: server,
    name,
    authenticator: authenticators,
    noEcho: true,
    noAsyncTraces: true,
    // The bus does all this, for every broker in the same way.
    reconnect: false,
    ignoreClusterUpdates: true,
    resolve: false,
    ...(tls === undefined ? {} : { tls: { ...tls } }),
  })
  const largest = connection.info?.max_payload ?? 0
  if (largest < LARGEST_BYTES) {
    await connection.close()
    throw new Error(
      `its max_payload is ${largest}; messages between servers have up to ${LARGEST_BYTES} bytes`,
    )
  }
  return new CoreConnection(connection, prefix === undefined ? '' : `${prefix}.`, listener)
}

/** The sender travels as the reply subject of a message: no byte of it is touched. */
class CoreConnection implements BrokerConnection {
  readonly #nats: NatsConnection
  readonly #prefix: string
  readonly #listener: BrokerListener
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #receipts: Receipts

  constructor(nats: NatsConnection, prefix: string, listener: BrokerListener) {
    this.#nats = nats
    this.#prefix = prefix
    this.#listener = listener
    this.#receipts = new Receipts(() => nats.flush())
    nats
      .closed()
      .then((error) => this.#lost(error instanceof Error ? error.message : 'the connection has closed'))
    void this.#watch()
  }

  subscribe(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      const subscription = this.#nats.subscribe(this.#prefix + topic, {
        // Errors come by the status, too.
        callback: (error, { data, reply }) => {
          if (error === null && reply) this.#listener.message(topic, data, reply)
        },
      })
      this.#subscriptions.set(topic, subscription)
    }
    return this.#receipts.next()
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#subscriptions.get(topic)?.unsubscribe()
    this.#subscriptions.delete(topic)
  }

  async publish(topic: string, message: Uint8Array): Promise<void> {
    this.#nats.publish(this.#prefix + topic, message, { reply: this.#listener.self })
    await this.#receipts.next()
  }

  ping(): Promise<void> {
    return this.#receipts.next()
  }

  async close(): Promise<void> {
    this.#receipts.close(new Error('the connection is closed'))
    await this.#nats.close()
  }

  /** What the broker complains of: a topic that is forbidden, above all. Then not every message travels. */
  async #watch(): Promise<void> {
    for await (const status of this.#nats.status()) {
      if (status.type === 'error') this.#lost(status.error.message)
    }
  }

  #lost(why: string): void {
    this.#receipts.close(new Error(why))
    this.#listener.lost(why)
  }
}
