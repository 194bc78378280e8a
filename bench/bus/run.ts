/** Two processes and what is between them, measured. */

import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { Exchange } from '../../core/workers/exchange.js'
import { EXCHANGE_VARIABLE } from '../../core/workers/exchange-frames.js'
import { cpuMsOf } from '../load/processes.js'
import type { Brokers, CarrierName } from './carriers.js'
import type { Question, Told } from './node-process.js'

const NODE = fileURLToPath(new URL('./node-process.js', import.meta.url))
/** Nothing here takes a tenth of it, unless a message was lost. */
const LIMIT_MS = 180_000
/** What may be on its way before the receiver has to have heard all: no broker calls anybody slow for less. */
const WAVE_BYTES = 4 * 1024 * 1024

export interface Work {
  readonly bytes: number
  /** Messages as fast as they go, and how many may be on their way. */
  readonly flood: number
  readonly window: number
  /** Messages that have nothing to wait for. */
  readonly drip: number
  readonly everyMs: number
}

export interface Measured {
  readonly perSecond: number
  /** Processor time for a message, nanoseconds: of both nodes, and of what is between them. */
  readonly nodesNs: number
  readonly brokerNs: number
  readonly p50Us: number
  readonly p99Us: number
}

/** Rejects when a message is lost, doubled or out of order. `brokerPid` undefined: this process is the exchange. */
export async function measure(
  name: CarrierName,
  brokers: Brokers,
  brokerPid: number | undefined,
  { bytes, flood, window, drip, everyMs }: Work,
): Promise<Measured> {
  const exchange = new Exchange(pino({ level: 'silent' }))
  const [receiver, sender] = [new End(name, brokers, exchange, 'listen'), new End(name, brokers, exchange)]
  try {
    await Promise.all([receiver.next('ready'), sender.next('ready')])
    const run = async (question: Question & { count: number }) => {
      receiver.ask({ ask: 'hear', count: question.count })
      await receiver.next('listening')
      sender.ask(question)
      const [heard, sent] = await Promise.all([receiver.next('heard'), sender.next('sent')])
      return { ...heard, seconds: Number(BigInt(heard.endedNs) - BigInt(sent.beganNs)) / 1e9 }
    }
    /** In waves; the seconds in which something was on its way. */
    const inWaves = async (count: number) => {
      const wave = Math.max(1, Math.floor(WAVE_BYTES / bytes))
      let seconds = 0
      for (let left = count; left > 0; left -= wave)
        seconds += (await run({ ask: 'flood', count: Math.min(wave, left), bytes, window })).seconds
      return seconds
    }
    await inWaves(Math.ceil(flood / 10)) // to warm up
    const cpu = () => ({
      nodes: cpuMsOf(receiver.pid) + cpuMsOf(sender.pid),
      broker: brokerPid === undefined ? ownCpuMs() : cpuMsOf(brokerPid),
    })
    const before = cpu()
    const seconds = await inWaves(flood)
    const after = cpu()
    const { p50Us, p99Us } = await run({ ask: 'drip', count: drip, bytes, everyMs })
    return {
      perSecond: flood / seconds,
      nodesNs: ((after.nodes - before.nodes) * 1e6) / flood,
      brokerNs: ((after.broker - before.broker) * 1e6) / flood,
      p50Us,
      p99Us,
    }
  } finally {
    exchange.stop()
    receiver.end()
    sender.end()
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** One of the two processes. */
class End {
  readonly #child: ChildProcess
  readonly #told: AsyncIterator<[Told]>

  constructor(name: CarrierName, brokers: Brokers, exchange: Exchange, ...more: string[]) {
    this.#child = fork(NODE, [name, JSON.stringify(brokers), ...more], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
      env: { ...process.env, [EXCHANGE_VARIABLE]: '4' },
    })
    exchange.add(String(this.#child.pid), this.#child.stdio[4] as Duplex)
    this.#told = on(this.#child, 'message', { signal: AbortSignal.timeout(LIMIT_MS) }) as AsyncIterator<
      [Told]
    >
  }

  get pid(): number {
    return this.#child.pid!
  }

  ask(question: Question): void {
    this.#child.send(question)
  }

  /** What it tells next has to be this. */
  async next<T extends Told['told']>(what: T): Promise<Extract<Told, { told: T }>> {
    const { value } = await this.#told.next()
    const [told] = value as [Told]
    if (told.told !== what) throw new Error(told.told === 'failed' ? told.why : `${told.told} before ${what}`)
    return told as Extract<Told, { told: T }>
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}
