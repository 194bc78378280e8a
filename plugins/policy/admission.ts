/**
 * Keeps the server useful when more comes than it can serve. What the event loop, the memory and the queues show decides
 * how much passes; what doesn't is refused early and cheaply, in this order: new connections, joins, messages to whole
 * rooms. Offers, answers and candidates pass until the memory is full. docs/adr/0020 says why it is done so.
 */

import {
  type AttemptContext,
  CLOCK,
  type Clock,
  definePlugin,
  HUB_STATS,
  type HubStats,
  inject,
  injectable,
  type JoinContext,
  type Lifecycle,
  LOGGER,
  type Logger,
  type MessageContext,
  OPTIONS,
  type Policy,
  SignalError,
} from '../../core/api.js'
import { LoopTurns } from './admission/loop-turns.js'
import { grantedBytes, memoryShare } from './admission/memory.js'
import { type Options, options } from './admission/options.js'
import { CONNECTIONS, JOINS, PUBLISHES, Report, SHED, SIGNALS } from './admission/report.js'
import { Valve } from './admission/valve.js'

/** What passes a second, at the least and before nothing is limited: connections, joins, frames of messages to rooms. */
const LEAST = [10, 50, 1000]
const MOST = [4000, 8000, 500_000]
/** How full memory or queues are when nothing of a kind passes any more; it passes again a little below. */
const FULL = [0.8, 0.85, 0.9, 0.95]
const RELIEF = 0.03

/** How often the limits are adjusted, milliseconds. */
const PERIOD_MS = 100
/** Every so many periods the queues are measured: that walks all clients. */
const QUEUE_PERIODS = 10

/** Whom refusals tell when to come back: not everybody at the same moment. */
const RETRY_MS = [1000, 2000, 3000, 4000, 5000]
const refusals = (message: string) => RETRY_MS.map((ms) => new SignalError('E_BUSY', message, ms))
/** Made beforehand: under overload, nothing should cost more than it must. */
const REFUSALS = [
  refusals('the server is busy and takes nobody new just now'),
  refusals('the server is busy and takes no joins just now'),
  refusals('the server is busy and takes no messages to whole rooms just now'),
  refusals('the memory of the server is full'),
]

const SIGNAL_KINDS: ReadonlySet<string> = new Set(['offer', 'answer', 'candidate', 'signal'])

@injectable()
class Admission implements Policy, Lifecycle {
  readonly #clock: Clock
  readonly #stats: Readonly<HubStats>
  readonly #turns: LoopTurns
  readonly #report: Report
  /** Of connections, joins and publishes. */
  readonly #valves: readonly Valve[]
  readonly #memoryBytes: number
  readonly #queuedBytes: number
  #isFull = false
  #adjustedAt = 0
  #periods = 0
  #turnMs = 0
  #memory = 0
  #queued = 0
  #refused = 0

  constructor(
    @inject(OPTIONS) { turnMs, memoryBytes, queuedBytes }: Options,
    @inject(CLOCK) clock: Clock,
    @inject(HUB_STATS) stats: Readonly<HubStats>,
    @inject(LOGGER) logger: Logger,
  ) {
    this.#clock = clock
    this.#stats = stats
    this.#turns = new LoopTurns(clock, () => this.#measured())
    this.#report = new Report(logger)
    this.#memoryBytes = memoryBytes ?? grantedBytes()
    this.#queuedBytes = queuedBytes
    const aims = [turnMs.connections, turnMs.joins, turnMs.publishes]
    this.#valves = aims.map((ms, kind) => new Valve({ least: LEAST[kind]!, most: MOST[kind]!, turnMs: ms }))
  }

  start(): void {
    this.#adjustedAt = this.#clock.monotonic()
    this.#turns.start()
  }

  stop(): void {
    this.#turns.stop()
  }

  /** Who comes back to its session is no newcomer. */
  onAttempt({ resumes, now }: AttemptContext): void {
    if (!resumes && !this.#valves[CONNECTIONS]!.take(1, now)) throw this.#shed(CONNECTIONS)
  }

  onJoin({ now }: JoinContext): void {
    if (!this.#valves[JOINS]!.take(1, now)) throw this.#shed(JOINS)
  }

  /** The hot path: a comparison or two while all is well. */
  onMessage({ kind, recipients, now }: MessageContext): void {
    if (kind === 'publish' || kind === 'update' || kind === 'stats') {
      if (!this.#valves[PUBLISHES]!.take(Math.max(1, recipients), now)) throw this.#shed(PUBLISHES)
    } else if (this.#isFull && SIGNAL_KINDS.has(kind)) {
      throw this.#shed(SIGNALS)
    }
  }

  figures(): Record<string, number> {
    const { level } = this.#report
    const named = SHED.map((kind, i) => [`admission_shed_${kind}`, this.#report.shed(i)] as const)
    const limits = this.#valves.map(({ limit }, i) => [`admission_limit_${SHED[i]}`, limit] as const)
    return {
      admission_level: level,
      admission_turn_ms: this.#turnMs,
      admission_memory_share: this.#memory,
      admission_queued_share: this.#queued,
      ...Object.fromEntries([...limits, ...named]),
    }
  }

  #measured(): void {
    const now = this.#clock.monotonic()
    if (now - this.#adjustedAt < PERIOD_MS) return
    this.#adjustedAt = now
    this.#turnMs = this.#turns.medianMs
    this.#memory = memoryShare(this.#memoryBytes)
    if (this.#periods++ % QUEUE_PERIODS === 0) this.#queued = this.#stats.queuedBytes / this.#queuedBytes
    this.#adjust()
    this.#report.tell(now, () => rounded(this.figures()))
  }

  #adjust(): void {
    const share = Math.max(this.#memory, this.#queued)
    this.#valves.forEach((valve, kind) => {
      valve.adjust(this.#turnMs, isFull(share, kind, valve.isShut))
    })
    this.#isFull = isFull(share, SIGNALS, this.#isFull)
  }

  #shed(kind: number): SignalError {
    this.#report.count(kind)
    return REFUSALS[kind]![this.#refused++ % RETRY_MS.length]!
  }
}

/** Whether memory or queues are too full for a kind; once they are, until they are well below that. */
const isFull = (share: number, kind: number, wasFull: boolean): boolean =>
  share >= FULL[kind]! - (wasFull ? RELIEF : 0)

const rounded = (figures: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value * 100) / 100]))

export default definePlugin({
  kind: 'policy',
  name: 'admission',
  description:
    'Under overload, sheds new connections, then joins, then messages to rooms, so that calls go on undisturbed.',
  options,
  useClass: Admission,
})
