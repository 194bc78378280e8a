/** One worker, as the primary sees it: a process that was forked, its reports, and the connections that go to it. */

import { type ChildProcess, fork } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../clock.js'
import { ConfigError } from '../config/config-error.js'
import type { Arrival } from './entrance.js'
import type { Order, Report } from './messages.js'

/** What a worker runs. */
export const MAIN = fileURLToPath(new URL('./worker-main.js', import.meta.url))
/** Where a worker finds the pipe of its bus: behind the standard streams and the channel of orders and reports. */
export const BUS_FD = 4
/** The newest report counts as much as all before it. */
const NEWEST = 0.5

/** `ended`: the process is gone. */
export type WorkerState = 'starting' | 'ready' | 'stopping' | 'ended'

/** What is told of a worker, each once; `ended` always, and last. */
export interface WorkerListener {
  ready(worker: WorkerProcess, report: Extract<Report, { type: 'ready' }>): void
  /** It can't serve, says why, and ends. */
  failed(worker: WorkerProcess, error: Error): void
  /** `how`: the exit code or the signal. */
  ended(worker: WorkerProcess, how: string): void
}

export interface WorkerOptions {
  readonly id: string
  readonly order: Extract<Order, { type: 'serve' }>
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly listener: WorkerListener
}

/** A candidate for the balancer: `id` and `load`. */
export class WorkerProcess {
  readonly id: string
  /** The worker's end of the bus; this is the other one. */
  readonly pipe: Duplex
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #listener: WorkerListener
  readonly #order: Order
  /** Connections that wait until the worker has taken the one before. */
  #queue: Arrival[] = []
  #isTaking = false
  #state: WorkerState = 'starting'
  #load = 0
  #peers = 0
  #handOffs = 0
  #heardAt: number
  #readyAt: number | undefined

  constructor({ id, order, env, clock, listener }: WorkerOptions) {
    this.id = id
    this.#clock = clock
    this.#listener = listener
    this.#heardAt = clock.monotonic()
    this.#child = fork(MAIN, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
    })
    this.pipe = this.#child.stdio[BUS_FD] as Duplex
    this.#child.on('message', (report) => this.#hear(report as Report))
    this.#child.once('exit', (code, signal) => this.#end(String(signal ?? code)))
    // A process that couldn't be made doesn't exit; one that is made and can't be told anything is about to.
    this.#child.on('error', () => {
      if (this.#child.pid === undefined) this.#end('it could not be started')
    })
    this.#order = order
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get state(): WorkerState {
    return this.#state
  }

  /** Share of the time in which its event loop was busy, 0 to 1, the last seconds most of all. */
  get load(): number {
    return this.#load
  }

  get peers(): number {
    return this.#peers
  }

  /** Connections that it was given. */
  get handOffs(): number {
    return this.#handOffs
  }

  /** How long nothing was heard of it, milliseconds. */
  get silentMs(): number {
    return this.#clock.monotonic() - this.#heardAt
  }

  /** How long it has been ready, milliseconds; 0: it never was. */
  get servedMs(): number {
    return this.#readyAt === undefined ? 0 : this.#clock.monotonic() - this.#readyAt
  }

  /** Doesn't count so long as silence: the primary itself didn't listen. */
  forgive(ms: number): void {
    this.#heardAt += ms
  }

  /** Hands a connection over, as soon as the worker has taken those before it. */
  give(arrival: Arrival): void {
    this.#queue.push(arrival)
    this.#giveNext()
  }

  /** Takes back the connections that weren't handed over yet. */
  takeBack(): Arrival[] {
    const queue = this.#queue
    this.#queue = []
    return queue
  }

  drain(): void {
    this.#tell({ type: 'drain' })
  }

  /** Drains it, and lets it end. */
  stop(): void {
    if (this.#state === 'ended') return
    this.#state = 'stopping'
    this.#tell({ type: 'stop' })
  }

  /** Ends it at once, whatever it is doing. */
  kill(): void {
    if (this.#state === 'ended') return
    this.#state = 'stopping'
    this.#child.kill('SIGKILL')
  }

  #hear(report: Report): void {
    this.#heardAt = this.#clock.monotonic()
    switch (report.type) {
      case 'begun':
        this.#tell(this.#state === 'starting' ? this.#order : { type: 'stop' })
        break
      case 'alive':
        this.#load += NEWEST * (report.load - this.#load)
        this.#peers = report.peers
        break
      case 'took':
        this.#isTaking = false
        this.#giveNext()
        break
      case 'ready':
        if (this.#state !== 'starting') return
        this.#state = 'ready'
        this.#readyAt = this.#heardAt
        this.#load = 0
        this.#listener.ready(this, report)
        break
      case 'failed': {
        const { message, problems } = report
        this.#listener.failed(this, problems.length > 0 ? new ConfigError(problems) : new Error(message))
        break
      }
    }
  }

  /**
   * One at a time: what waits here can still go to another worker, what waits in a channel can't. Node itself sends the
   * next socket only when the last has arrived.
   */
  #giveNext(): void {
    while (!this.#isTaking) {
      const arrival = this.#queue.shift()
      if (arrival === undefined) return
      const { socket, head } = arrival
      if (!arrival.release()) continue
      this.#isTaking = true
      this.#handOffs++
      const order: Order = { type: 'connection', head: head.toString('latin1') }
      // Where it fails, the worker is about to end: Node closes what it couldn't send.
      this.#child.send(order, socket, (error) => error && socket.destroy())
    }
  }

  #tell(order: Order): void {
    this.#child.send(order, () => {}) // a worker that has ended is told nothing; its end is
  }

  #end(how: string): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#listener.ended(this, how)
  }
}
