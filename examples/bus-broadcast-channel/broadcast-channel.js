/** Connects servers that run in worker threads of one process, through a BroadcastChannel. */

import { randomUUID } from 'node:crypto'
import { BroadcastChannel } from 'node:worker_threads'
import { definePlugin, injected, LOGGER, OPTIONS, Type } from 'signalbox/plugin'

const options = Type.Object({
  channel: Type.String({
    minLength: 1,
    default: 'signalbox',
    description: 'threads that name it hear each other',
  }),
})

class ThreadBus {
  #node = randomUUID()
  #receivers = new Map()
  #options
  #logger
  #channel

  constructor(chosen, logger) {
    this.#options = chosen
    this.#logger = logger
  }

  get state() {
    return this.#channel ? 'up' : 'degraded'
  }

  start() {
    this.#channel = new BroadcastChannel(this.#options.channel)
    this.#channel.onmessage = ({ data: { topic, message, sender } }) => {
      try {
        this.#receivers.get(topic)?.(message, sender)
      } catch (error) {
        this.#logger.error({ err: error, topic }, 'a receiver of the bus failed')
      }
    }
  }

  stop() {
    this.#channel?.close()
    this.#channel = undefined
    this.#receivers.clear()
  }

  async subscribe(topic, receive) {
    if (!this.#channel) throw new Error('the bus is not running')
    this.#receivers.set(topic, receive)
  }

  async unsubscribe(topic) {
    this.#receivers.delete(topic)
  }

  async publish(topic, message) {
    if (!this.#channel) throw new Error('the bus is not running')
    this.#channel.postMessage({ topic, message, sender: this.#node })
  }
}

export default definePlugin({
  kind: 'bus',
  name: 'broadcast-channel',
  description: 'Connects servers in worker threads of one process.',
  options,
  useClass: injected(ThreadBus, OPTIONS, LOGGER),
})
