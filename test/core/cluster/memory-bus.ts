import type { Bus, BusReceiver } from '../../../core/contracts/bus.js'

/** Buses of one process that can be cut apart and taken away; messages travel in microtasks. */
export class Exchange {
  readonly buses: MemoryBus[] = []
  /** Every message: its topic, its sender's number, and its bytes. */
  readonly log: { topic: string; from: number; message: Uint8Array }[] = []

  bus(): MemoryBus {
    const bus = new MemoryBus(this, this.buses.length)
    this.buses.push(bus)
    return bus
  }
}

export class MemoryBus implements Bus {
  state: 'up' | 'degraded' = 'up'
  /** Nobody hears it, it hears nobody, and it doesn't know. */
  isCut = false
  isInDoubt = false
  /** What it is to say when it ends. */
  last: { topic: string; message: Uint8Array } | undefined
  readonly topics = new Map<string, BusReceiver>()
  readonly #exchange: Exchange
  readonly #number: number

  constructor(exchange: Exchange, number: number) {
    this.#exchange = exchange
    this.#number = number
  }

  async subscribe(topic: string, receive: BusReceiver): Promise<void> {
    if (this.state !== 'up') throw new Error('the bus is away')
    this.topics.set(topic, receive)
  }

  async unsubscribe(topic: string): Promise<void> {
    this.topics.delete(topic)
  }

  will(topic: string, message: Uint8Array): void {
    this.last = { topic, message }
  }

  async publish(topic: string, message: Uint8Array): Promise<void> {
    if (this.state !== 'up') throw new Error('the bus is away')
    this.#exchange.log.push({ topic, from: this.#number, message })
    if (this.isCut) return
    for (const bus of this.#exchange.buses) {
      if (bus === this || bus.isCut || bus.state !== 'up') continue
      queueMicrotask(() => bus.topics.get(topic)?.(message, `bus ${this.#number}`))
    }
  }
}
