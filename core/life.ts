import type { Clock } from './clock.js'
import { ConfigError } from './config/config-error.js'
import { withDeadline } from './deadline.js'
import { firstLine } from './first-line.js'
import type { Lifecycle } from './plugin.js'

/** Starts units one after the other, and stops what was started in exact reverse. */
export class Life {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #started: { name: string; unit: Lifecycle }[] = []

  /** `limitMs` bounds each single start and stop. */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#limitMs = limitMs
  }

  /** Starts one unit. It counts as started before it is: a half-started unit is stopped too. */
  async start(name: string, unit: Lifecycle): Promise<void> {
    this.#started.push({ name, unit })
    await this.#step(`${name}: start`, () => unit.start?.())
  }

  /** Stops everything, even when some of it fails; then throws what failed. A second call finds nothing to stop. */
  async stop(): Promise<void> {
    const errors: unknown[] = []
    for (let last = this.#started.pop(); last; last = this.#started.pop()) {
      const { name, unit } = last
      await this.#step(`${name}: stop`, () => unit.stop?.()).catch((error) => errors.push(error))
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(firstLine).join('; '))
  }

  async #step(what: string, step: () => unknown): Promise<void> {
    const late = () => new Error(`not done within ${this.#limitMs} ms (limits.pluginMs)`)
    try {
      await withDeadline(this.#clock, this.#limitMs, (async () => step())(), late)
    } catch (error) {
      if (error instanceof ConfigError) throw error
      throw new Error(`${what}: ${firstLine(error)}`, { cause: error })
    }
  }
}
