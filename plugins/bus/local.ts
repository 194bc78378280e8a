/** Connects the servers of one process, and needs nothing else. */

import {
  type Bus,
  type BusReceiver,
  checkTopic,
  definePlugin,
  inject,
  injectable,
  type Lifecycle,
  LOGGER,
  type Logger,
  OPTIONS,
  type Static,
  Type,
} from '../../core/api.js'

const options = Type.Object({
  exchange: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'servers of this process that name the same exchange hear each other; absent: it hears nobody',
    }),
  ),
})

/** The running buses of this process, by exchange. */
const exchanges = new Map<string, Set<LocalBus>>()
let lastNode = 0

@injectable()
class LocalBus implements Bus, Lifecycle {
  readonly #node = `local-${++lastNode}`
  readonly #receivers = new Map<string, BusReceiver>()
  readonly #exchange: string | undefined
  readonly #logger: Logger
  #running = false

  constructor(@inject(OPTIONS) { exchange }: Static<typeof options>, @inject(LOGGER) logger: Logger) {
    this.#exchange = exchange
    this.#logger = logger
  }

  get state(): 'up' | 'degraded' {
    return this.#running ? 'up' : 'degraded'
  }

  get solitary(): boolean {
    return this.#exchange === undefined
  }

  start(): void {
    this.#running = true
    if (this.#exchange === undefined) return
    const members = exchanges.get(this.#exchange) ?? new Set()
    exchanges.set(this.#exchange, members.add(this))
  }

  stop(): void {
    this.#running = false
    this.#receivers.clear()
    if (this.#exchange === undefined) return
    const members = exchanges.get(this.#exchange)
    members?.delete(this)
    if (members?.size === 0) exchanges.delete(this.#exchange)
  }

  async subscribe(topic: string, receive: BusReceiver): Promise<void> {
    this.#check(topic)
    this.#receivers.set(topic, receive)
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#receivers.delete(topic)
  }

  async publish(topic: string, message: Uint8Array): Promise<void> {
    this.#check(topic)
    if (this.#exchange === undefined) return
    for (const bus of exchanges.get(this.#exchange) ?? []) {
      if (bus !== this) bus.#deliver(topic, message, this.#node)
    }
  }

  /** In a microtask, so that a publisher is never re-entered; they run in the order in which they were queued. */
  #deliver(topic: string, message: Uint8Array, sender: string): void {
    const receive = this.#receivers.get(topic)
    if (receive === undefined) return
    queueMicrotask(() => {
      if (this.#receivers.get(topic) !== receive) return // unsubscribed or stopped meanwhile
      try {
        receive(message, sender)
      } catch (error) {
        this.#logger.error({ err: error, topic }, 'a receiver of the bus failed')
      }
    })
  }

  #check(topic: string): void {
    checkTopic(topic)
    if (!this.#running) throw new Error('the local bus is not running')
  }
}

export default definePlugin({
  kind: 'bus',
  name: 'local',
  description:
    'Connects the servers of one process that name the same exchange; without one, a server is alone.',
  options,
  useClass: LocalBus,
})
