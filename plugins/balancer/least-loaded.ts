/** Sends each key to the less loaded of two targets. */

import {
  type Balancer,
  type Candidate,
  CLOCK,
  type Clock,
  DEFAULT_MEMORY,
  definePlugin,
  inject,
  injectable,
  OPTIONS,
  type Static,
  TwoChoices,
  Type,
} from '../../core/api.js'

const options = Type.Object({
  halfLifeMs: Type.Number({
    exclusiveMinimum: 0,
    default: DEFAULT_MEMORY.halfLifeMs,
    description: 'after this time a reported load, or a pick, counts half',
  }),
  loadPerPick: Type.Number({
    minimum: 0,
    maximum: 1,
    default: DEFAULT_MEMORY.loadPerPick,
    description: 'what a pick adds to the load of its target until the target reports it',
  }),
})

/** All of it is core/balance/two-choices, which the balancer of regions uses too. */
@injectable()
class LeastLoaded implements Balancer {
  readonly #choices: TwoChoices

  constructor(@inject(OPTIONS) memory: Static<typeof options>, @inject(CLOCK) clock: Clock) {
    this.#choices = new TwoChoices(clock, memory)
  }

  pick<C extends Candidate>(key: string, candidates: readonly C[]): C | undefined {
    return this.#choices.pick(key, candidates)
  }
}

export default definePlugin({
  kind: 'balancer',
  name: 'least-loaded',
  description: 'Sends a key to the less loaded of two targets drawn by weight. Not sticky.',
  options,
  useClass: LeastLoaded,
})
