import type { Logger } from '../../../core/api.js'

/** What is shed, in this order: each is a level. */
export const SHED = ['connections', 'joins', 'publishes', 'signals'] as const
export const CONNECTIONS = 0
export const JOINS = 1
export const PUBLISHES = 2
export const SIGNALS = 3

/** How long nothing of a kind must be shed until that is said to be over, milliseconds. */
const QUIET_MS = 5000

/** Counts what is shed, and says in the log when that begins, gets worse, and is over. */
export class Report {
  readonly #logger: Logger
  readonly #shed = new Float64Array(SHED.length)
  /** The counts when the last period was over, and when this time of shedding began. */
  readonly #known = new Float64Array(SHED.length)
  readonly #before = new Float64Array(SHED.length)
  readonly #shedAt = new Float64Array(SHED.length).fill(Number.NEGATIVE_INFINITY)
  #level = 0
  #worst = 0
  #since = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** One more of a kind is shed. */
  count(kind: number): void {
    this.#shed[kind]!++
  }

  /** How many of a kind have been shed so far. */
  shed(kind: number): number {
    return this.#shed[kind]!
  }

  /** 0: nothing is shed; 1: new connections are; 2: joins too; 3: messages to rooms too; 4: everything. */
  get level(): number {
    return this.#level
  }

  /** A period is over; `figures` says why what is shed is shed. */
  tell(now: number, figures: () => object): void {
    this.#level = this.#levelAt(now)
    if (this.#level > this.#worst) {
      if (this.#worst === 0) this.#since = now
      this.#worst = this.#level
      this.#logger.warn({ ...figures(), sheds: SHED.slice(0, this.#level) }, 'admission: too much comes')
    } else if (this.#level === 0 && this.#worst > 0) {
      const shed = Object.fromEntries(SHED.map((kind, i) => [kind, this.#shed[i]! - this.#before[i]!]))
      const forMs = Math.round(Math.max(...this.#shedAt) - this.#since)
      this.#worst = 0
      this.#before.set(this.#shed)
      this.#logger.info({ ...figures(), shed, forMs }, 'admission: nothing is shed any more')
    }
  }

  #levelAt(now: number): number {
    let level = 0
    for (let kind = 0; kind < SHED.length; kind++) {
      if (this.#shed[kind]! > this.#known[kind]!) this.#shedAt[kind] = now
      if (now - this.#shedAt[kind]! < QUIET_MS) level = kind + 1
    }
    this.#known.set(this.#shed)
    return level
  }
}
