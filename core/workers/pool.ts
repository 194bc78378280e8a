/** Keeps as many workers alive as there should be: starts, watches, replaces and, with the work, adds and drains them. */

import type { Logger } from 'pino'
import type { Clock, Timer } from '../clock.js'
import { withDeadline } from '../deadline.js'
import { firstLine } from '../first-line.js'
import type { Autoscale } from './autoscale.js'
import { Backoff } from './backoff.js'
import type { Bounds } from './bounds.js'
import type { Arrival } from './entrance.js'
import type { Report } from './messages.js'
import { Reaper } from './reaper.js'
import { MAIN, type WorkerListener, type WorkerOptions, WorkerProcess } from './worker-process.js'

/** How often workers are looked at. */
const CHECK_MS = 250
/** Who is silent for so long gets no more connections, milliseconds; it gets them again when it is heard. */
const FENCED_AFTER_MS = 1000
/** Who is silent for so long is killed and replaced: longer than a machine that swaps stands still. */
const STALLED_AFTER_MS = 4000
/** What a process may take until it serves; its plugins have time-outs of their own. */
const START_MS = 60_000
/** How often it is asked whether the number of workers fits. */
const SCALE_MS = 1000

export type Ready = Extract<Report, { type: 'ready' }>

export interface PoolOptions {
  readonly bounds: Bounds
  /** Asked every second. */
  readonly autoscale: Pick<Autoscale, 'decide'>
  readonly clock: Clock
  readonly logger: Logger
  /** What a worker may take from the order to stop until it has ended, milliseconds; it is killed then. */
  readonly stopMs: number
  /** What a worker of this id is made with. */
  options(id: string): Omit<WorkerOptions, 'id' | 'clock' | 'listener'>
  /** A process was made: its pipe is there. */
  began(worker: WorkerProcess): void
  /** The set of those who serve is another one. */
  changed(): void
  /** These connections were meant for a worker that doesn't serve any more, and haven't reached it. */
  returned(arrivals: readonly Arrival[]): void
}

/** What is remembered of a place, whoever holds it. */
interface Place {
  readonly id: string
  readonly backoff: Backoff
  worker: WorkerProcess | undefined
  /** Runs until the next one is made. */
  replacement: Timer | undefined
  /** Runs from the order to stop until it has ended. */
  killer: Timer | undefined
  /** How often somebody here has ended without being told to. */
  deaths: number
  /** The last one was told to end, because there is less work. */
  isGivenUp: boolean
}

export class Pool {
  readonly #options: PoolOptions
  /** By number: `w0` first. */
  readonly #places: Place[] = []
  readonly #timers: Timer[] = []
  readonly #reaper: Reaper
  readonly #ready = new Map<WorkerProcess, Ready>()
  #serving: readonly WorkerProcess[] = []
  #checkedAt = 0
  #stalls = 0
  #isDraining = false
  #isStopping = false
  /** Of `start`, until all are there. */
  #starting: { resolve(ready: Ready): void; reject(error: Error): void } | undefined
  /** Of `stop`. */
  #emptied: () => void = () => {}
  /** However this process ends, short of being killed, no worker is left that has to notice it. */
  readonly #killAll = () => {
    for (const { worker } of this.#places) worker?.kill()
  }

  constructor(options: PoolOptions) {
    this.#options = options
    this.#reaper = new Reaper(MAIN, options.logger)
  }

  /**
   * Resolves when the least number of workers serves, with what the last of them has said: they are all alike. Rejects
   * with what the first one says that can't.
   */
  async start(): Promise<Ready> {
    const { bounds, clock } = this.#options
    const all = new Promise<Ready>((resolve, reject) => {
      this.#starting = { resolve, reject }
    })
    process.on('exit', this.#killAll)
    for (let i = 0; i < bounds.min; i++) this.#begin(this.#newPlace())
    this.#checkedAt = clock.monotonic()
    this.#timers.push(
      clock.every(CHECK_MS, () => this.#check()),
      clock.every(SCALE_MS, () => this.#scale()),
    )
    try {
      const late = () => new Error(`workers: not ready within ${START_MS} ms`)
      return await withDeadline(clock, START_MS, all, late)
    } finally {
      this.#starting = undefined
    }
  }

  /** All drain and stay, and so does whoever comes after them. */
  drain(): void {
    this.#isDraining = true
    for (const worker of this.#ready.keys()) worker.drain()
  }

  /** Drains and ends all. Resolves when no process is left. */
  stop(): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) timer.cancel()
    return new Promise((resolve) => {
      this.#emptied = () => {
        if (this.#places.some(({ worker }) => worker !== undefined)) return
        process.off('exit', this.#killAll)
        this.#reaper.stop()
        resolve()
      }
      for (const place of this.#places) this.#dismiss(place)
      this.#emptied()
    })
  }

  /** Those who take connections: another array when they are others, and only then. */
  get serving(): readonly WorkerProcess[] {
    return this.#serving
  }

  /** All places that are or were held, in their order. */
  get places(): readonly Readonly<Pick<Place, 'id' | 'worker' | 'deaths' | 'isGivenUp'>>[] {
    return this.#places
  }

  /** How many workers were killed because they stood still. */
  get stalls(): number {
    return this.#stalls
  }

  /** What a worker said when it was ready; undefined when it isn't. */
  readyOf(worker: WorkerProcess): Ready | undefined {
    return this.#ready.get(worker)
  }

  #newPlace(): Place {
    const place: Place = {
      id: `w${this.#places.length}`,
      backoff: new Backoff(),
      worker: undefined,
      replacement: undefined,
      killer: undefined,
      deaths: 0,
      isGivenUp: false,
    }
    this.#places.push(place)
    return place
  }

  #begin(place: Place): void {
    const { clock, options, began } = this.#options
    const listener: WorkerListener = {
      ready: (worker, report) => this.#serves(worker, report),
      failed: (worker, error) => this.#failed(worker, error),
      ended: (worker, how) => this.#ended(place, worker, how),
    }
    place.replacement = undefined
    place.isGivenUp = false
    try {
      place.worker = new WorkerProcess({ ...options(place.id), id: place.id, clock, listener })
      this.#reaper.watch(place.worker.pid)
      began(place.worker)
    } catch (error) {
      // Where there are no file descriptors or processes left, there may be some soon.
      this.#starting?.reject(error as Error)
      this.#replace(place, { pid: undefined, servedMs: 0 }, firstLine(error))
    }
  }

  #serves(worker: WorkerProcess, report: Ready): void {
    this.#options.logger.info({ worker: worker.id, pid: worker.pid }, 'a worker serves')
    this.#ready.set(worker, report)
    if (this.#isDraining) worker.drain()
    this.#refresh()
    if (this.#ready.size >= this.#options.bounds.min) this.#starting?.resolve(report)
  }

  #failed({ id }: WorkerProcess, error: Error): void {
    if (this.#starting) this.#starting.reject(error)
    else this.#options.logger.error({ worker: id, why: error.message }, 'a worker could not start')
  }

  #ended(place: Place, worker: WorkerProcess, how: string): void {
    const wasDismissed = place.killer !== undefined
    place.killer?.cancel()
    place.killer = undefined
    place.worker = undefined
    this.#ready.delete(worker)
    this.#reaper.forget(worker.pid)
    this.#refresh()
    this.#options.returned(worker.takeBack())
    this.#starting?.reject(
      new Error(`worker ${place.id} ended (${how}) before it was ready; its log says why`),
    )
    this.#emptied()
    if (wasDismissed) this.#options.logger.info({ worker: place.id, how }, 'a worker was dismissed')
    else if (!this.#isStopping) this.#replace(place, worker, how)
  }

  #replace(place: Place, { pid, servedMs }: Pick<WorkerProcess, 'pid' | 'servedMs'>, how: string): void {
    const { clock, logger } = this.#options
    const { id } = place
    const { waitMs, isHopeless } = place.backoff.died(clock.monotonic(), servedMs)
    place.deaths++
    logger.error(
      { worker: id, pid, how, waitMs: Math.round(waitMs) },
      'a worker died; another takes its place',
    )
    if (isHopeless)
      logger.fatal({ worker: id }, 'a worker dies again and again: look at what it logged; it is tried on')
    place.replacement = clock.after(waitMs, () => this.#begin(place))
  }

  /** Lets the holder of a place go, and puts nobody there. */
  #dismiss(place: Place): void {
    place.replacement?.cancel()
    place.replacement = undefined
    const { worker } = place
    place.isGivenUp = true
    if (worker === undefined || place.killer !== undefined) return
    place.killer = this.#options.clock.after(this.#options.stopMs, () => worker.kill())
    worker.stop()
    this.#refresh()
  }

  /** Fences those who are silent, and ends those who are silent for too long. */
  #check(): void {
    const now = this.#options.clock.monotonic()
    const lateMs = now - this.#checkedAt - CHECK_MS
    this.#checkedAt = now
    for (const { worker } of this.#places) {
      if (worker === undefined || worker.state === 'stopping') continue
      // This process stood still itself: what was said meanwhile waits to be heard.
      if (lateMs > CHECK_MS) worker.forgive(lateMs)
      if (worker.silentMs < (worker.state === 'starting' ? START_MS : STALLED_AFTER_MS)) continue
      this.#stalls++
      this.#options.logger.error(
        { worker: worker.id, silentMs: Math.round(worker.silentMs) },
        'a worker stands still: killed',
      )
      worker.kill()
    }
    this.#refresh()
  }

  #refresh(): void {
    const before = this.#serving
    const now = [...this.#ready.keys()].filter(
      ({ state, silentMs }) => state === 'ready' && silentMs < FENCED_AFTER_MS,
    )
    if (now.length === before.length && now.every((worker) => before.includes(worker))) return
    this.#serving = now
    for (const worker of before) {
      if (now.includes(worker)) continue
      if (worker.state === 'ready')
        this.#options.logger.warn(
          { worker: worker.id },
          'a worker is silent: it gets no connections until it is heard',
        )
      this.#options.returned(worker.takeBack())
    }
    this.#options.changed()
  }

  #scale(): void {
    const { autoscale, clock, logger } = this.#options
    const isSteady = this.#places.every(
      ({ worker, replacement }) =>
        replacement === undefined && (worker === undefined || this.#serving.includes(worker)),
    )
    const loads = isSteady && !this.#isDraining ? this.#serving.map(({ load }) => load) : []
    const decision = autoscale.decide(loads, clock.monotonic())
    if (decision === undefined) return
    logger.info({ loads, decision }, 'the number of workers follows the work')
    if (decision === 'up')
      this.#begin(this.#places.find(({ worker }) => worker === undefined) ?? this.#newPlace())
    else this.#dismiss(this.#places.findLast(({ worker }) => worker !== undefined)!)
  }
}
