/** Lets people join rooms during opening hours only. */

import {
  CLOCK,
  type Clock,
  definePlugin,
  inject,
  injectable,
  OPTIONS,
  type Policy,
  SignalError,
  type Static,
  Type,
} from 'signalbox/plugin'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const hour = (byDefault: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 24, default: byDefault, description })

const options = Type.Object({
  opens: hour(8, 'when joining becomes possible, hours of the day, UTC'),
  closes: hour(18, 'when it ends; before `opens`: after midnight; 24 hours later: never'),
})

@injectable()
class OpeningHours implements Policy {
  readonly #opensMs: number
  readonly #openForMs: number
  readonly #clock: Clock

  constructor(@inject(OPTIONS) { opens, closes }: Static<typeof options>, @inject(CLOCK) clock: Clock) {
    this.#opensMs = opens * HOUR_MS
    this.#openForMs = ((closes - opens) * HOUR_MS + DAY_MS) % DAY_MS || DAY_MS
    this.#clock = clock
  }

  /** Says when to come back. Whoever is inside may stay. */
  onJoin(): void {
    const sinceOpeningMs = (this.#clock.now() - this.#opensMs) % DAY_MS
    if (sinceOpeningMs < this.#openForMs) return
    throw new SignalError('E_REFUSED', 'we are closed', DAY_MS - sinceOpeningMs)
  }
}

export default definePlugin({
  kind: 'policy',
  name: 'opening-hours',
  description: 'Lets people join rooms during opening hours only.',
  options,
  useClass: OpeningHours,
})
