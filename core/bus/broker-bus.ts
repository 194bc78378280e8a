/**
 * A bus over a broker. Knows when the broker is away, also when it only doesn't answer; comes back by itself after a
 * jittered pause; subscribes again in steps, not in one burst; and holds no more than it may. A plugin adds how to
 * connect.
 */

import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../clock.js'
import type { Bus, BusReceiver } from '../contracts/bus.js'
import { withDeadline } from '../deadline.js'
import { firstLine } from '../first-line.js'
import type { Lifecycle } from '../plugin.js'
import type { BrokerConnection, BrokerListener, ConnectBroker } from './broker.js'
import { checkTopic } from './topic.js'

/**
 * Time to connect and to hear something. Little, so that a network that swallowed an attempt is tried again soon after
 * it has healed; but much at the start, and in every fourth attempt: a broker that is slow is a broker too.
 */
const HASTY_MS = 1500
const PATIENT_MS = 5000
const PATIENT_EVERY = 4
/** Between attempts: doubling, and each anywhere between its half and its whole, so that nodes don't come in step. */
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 1000
/** Topics that were subscribed to before come back at this pace: 100,000 take 2.5 s, and the broker breathes. */
const TOPICS_A_STEP = 2000
const STEP_MS = 50
/** Beats that a ping may stay unanswered. Counted in beats, so that a process that stood still blames nobody. */
const BEATS = 3

export interface BrokerBusOptions {
  /** What it is called in logs and errors; holds no secrets: `nats at 127.0.0.1:4222`. */
  readonly broker: string
  readonly connect: ConnectBroker
  /** Brings what `connect` needs, like the package of a client: waiting for a broker doesn't bring it. */
  readonly prepare?: () => Promise<unknown>
  readonly unreachable: 'refuse' | 'degrade'
  readonly pingMs: number
  /** Bytes of messages that the broker has not taken yet. */
  readonly bufferBytes: number
  readonly clock: Clock
  readonly logger: Logger
}

export class BrokerBus implements Bus, Lifecycle {
  readonly #options: BrokerBusOptions
  /** What the others see as the sender: 96 random bits. */
  readonly #self = randomBytes(12).toString('base64url')
  readonly #receivers = new Map<string, BusReceiver>()
  /** Topics that the connection has not been asked for yet. */
  readonly #awaited = new Set<string>()
  #isRunning = false
  #isUp = false
  #connection: BrokerConnection | undefined
  /** An attempt to connect that is under way, and how to give it up. */
  #attempt: Promise<void> | undefined
  #giveUp: AbortController | undefined
  /** Failed attempts in a row. */
  #failures = 0
  /** Beats since a ping that has no answer yet. */
  #unanswered = 0
  #unconfirmedBytes = 0
  #beat: Timer | undefined
  /** What comes next: another attempt, or another step of subscriptions. */
  #next: Timer | undefined

  constructor(options: BrokerBusOptions) {
    this.#options = options
  }

  get state(): 'up' | 'degraded' {
    return this.#isUp ? 'up' : 'degraded'
  }

  /** A ping has been without an answer for a whole beat. */
  get isInDoubt(): boolean {
    return this.#unanswered > 1
  }

  /** Rejects when the broker can't be reached and that is a reason not to start, and with what `prepare` rejects with. */
  async start(): Promise<void> {
    const { broker, clock, logger, pingMs, prepare, unreachable } = this.#options
    await prepare?.()
    this.#isRunning = true
    this.#beat = clock.every(pingMs, () => this.#ping())
    try {
      await this.#connect()
    } catch (error) {
      const why = firstLine(error)
      if (unreachable === 'refuse') {
        throw new Error(`${broker} can't be reached: ${why}; mend that, or set unreachable to "degrade"`)
      }
      logger.error({ why }, `${broker} can't be reached: starting degraded`)
      this.#retry()
    }
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    this.#beat?.cancel()
    const connection = this.#release()
    this.#receivers.clear()
    await connection?.close().catch(() => {})
    this.#giveUp?.abort()
    await this.#attempt?.catch(() => {})
  }

  async subscribe(topic: string, receive: BusReceiver): Promise<void> {
    this.#check(topic)
    const isKnown = this.#receivers.has(topic)
    this.#receivers.set(topic, receive)
    const connection = this.#connection
    if (!this.#isUp || connection === undefined) {
      if (!isKnown) this.#awaited.add(topic)
      return
    }
    try {
      await (isKnown ? connection.ping() : connection.subscribe([topic]))
    } catch (error) {
      this.#lose(connection, firstLine(error)) // and it is subscribed to with the rest, before the bus is up again
    }
  }

  async unsubscribe(topic: string): Promise<void> {
    if (!this.#receivers.delete(topic) || this.#awaited.delete(topic)) return
    const connection = this.#connection
    try {
      await connection?.unsubscribe(topic)
    } catch (error) {
      this.#lose(connection, firstLine(error))
    }
  }

  async publish(topic: string, message: Uint8Array): Promise<void> {
    this.#check(topic)
    const { broker, bufferBytes } = this.#options
    const connection = this.#connection
    if (connection === undefined) throw new Error(`${broker} is away`)
    if (this.#unconfirmedBytes + message.length > bufferBytes) {
      throw new Error(`${broker} is slow: ${this.#unconfirmedBytes} bytes wait for it`)
    }
    this.#unconfirmedBytes += message.length
    try {
      await connection.publish(topic, message)
    } finally {
      this.#unconfirmedBytes -= message.length
    }
  }

  #check(topic: string): void {
    checkTopic(topic)
    if (!this.#isRunning) throw new Error('the bus is not running')
  }

  /** Makes a connection ours, once it has answered, and brings it all topics. */
  #connect(): Promise<void> {
    const attempt = this.#opened().finally(() => {
      this.#attempt = undefined
    })
    this.#attempt = attempt
    return attempt
  }

  async #opened(): Promise<void> {
    const { clock, connect } = this.#options
    let connection: BrokerConnection | undefined
    const listener: BrokerListener = {
      self: this.#self,
      message: (topic, message, sender) => {
        if (connection !== undefined && connection === this.#connection) this.#hear(topic, message, sender)
      },
      lost: (why) => this.#lose(connection, why),
    }
    const giveUp = new AbortController()
    this.#giveUp = giveUp
    giveUp.signal.addEventListener('abort', () => connection?.close().catch(() => {}))
    const opening = connect(listener, giveUp.signal).then((made) => {
      connection = made
      return giveUp.signal.aborted ? made.close() : made.ping()
    })
    const limitMs = this.#failures % PATIENT_EVERY === 0 ? PATIENT_MS : HASTY_MS
    try {
      await withDeadline(clock, limitMs, opening, () => new Error('it gives no answer'))
      if (!this.#isRunning) throw new Error('the bus was stopped')
    } catch (error) {
      giveUp.abort()
      throw error
    }
    this.#connection = connection!
    this.#unanswered = 0
    for (const topic of this.#receivers.keys()) this.#awaited.add(topic)
    await this.#subscribeSome(this.#connection)
  }

  /** One step of bringing the topics back; after the last one, the bus is up. */
  async #subscribeSome(connection: BrokerConnection): Promise<void> {
    const topics: string[] = []
    for (const topic of this.#awaited) {
      if (topics.length === TOPICS_A_STEP) break
      topics.push(topic)
      this.#awaited.delete(topic)
    }
    try {
      if (topics.length > 0) await connection.subscribe(topics)
    } catch (error) {
      this.#lose(connection, firstLine(error))
    }
    if (connection !== this.#connection) return
    if (this.#awaited.size === 0) {
      this.#isUp = true
      this.#options.logger.info(`${this.#options.broker} is connected`)
      return
    }
    this.#next = this.#options.clock.after(STEP_MS, () => void this.#subscribeSome(connection))
  }

  #hear(topic: string, message: Uint8Array, sender: string): void {
    if (sender === this.#self) return // a broker of several servers may bring it back
    try {
      this.#receivers.get(topic)?.(message, sender)
    } catch (error) {
      this.#options.logger.error({ err: error, topic }, 'a receiver of the bus failed')
    }
  }

  /** Every beat: the next ping, unless one is still unanswered. */
  #ping(): void {
    const connection = this.#connection
    if (connection === undefined) return
    if (this.#unanswered > 0) {
      if (++this.#unanswered > BEATS) this.#lose(connection, 'it gives no sign of life')
      return
    }
    this.#unanswered = 1
    connection.ping().then(
      () => {
        if (connection !== this.#connection) return
        this.#unanswered = 0
        this.#failures = 0
      },
      (error) => this.#lose(connection, firstLine(error)),
    )
  }

  #lose(connection: BrokerConnection | undefined, why: string): void {
    if (connection === undefined || connection !== this.#connection) return
    const { broker, logger } = this.#options
    logger.warn({ why }, `${broker} is away: only local rooms work until it is back`)
    this.#release()
    connection.close().catch(() => {})
    this.#retry()
  }

  /** Forgets the connection and all that was planned with it. Returns it, to be closed. */
  #release(): BrokerConnection | undefined {
    const connection = this.#connection
    this.#connection = undefined
    this.#isUp = false
    this.#awaited.clear()
    this.#next?.cancel()
    return connection
  }

  #retry(): void {
    if (!this.#isRunning) return
    const { clock, logger } = this.#options
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures)
    this.#failures++
    this.#next = clock.after(pauseMs * (0.5 + Math.random() / 2), () => {
      this.#connect().catch((error) => {
        logger.debug({ why: firstLine(error) }, 'not yet')
        this.#retry()
      })
    })
  }
}
