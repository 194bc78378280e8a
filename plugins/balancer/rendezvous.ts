/** Sends each key to the candidate that scores highest for it and isn't full. */

import {
  type Balancer,
  type Candidate,
  DEFAULT_BOUND,
  definePlugin,
  inject,
  injectable,
  OPTIONS,
  Ranking,
  type Static,
  Type,
} from '../../core/api.js'

const options = Type.Object({
  timesMean: Type.Number({
    exclusiveMinimum: 1,
    default: DEFAULT_BOUND.timesMean,
    description: 'a target is full beyond this many times the mean load, where targets report loads',
  }),
  neverFullBelow: Type.Number({
    minimum: 0,
    default: DEFAULT_BOUND.neverFullBelow,
    description: 'up to this load no target is full, however idle the others are: rooms are kept together',
  }),
})

/** All of it is core/balance/ranking, which the balancer of regions uses too. */
@injectable()
class Rendezvous implements Balancer {
  readonly #ranking: Ranking

  constructor(@inject(OPTIONS) bound: Static<typeof options>) {
    this.#ranking = new Ranking(bound)
  }

  pick<C extends Candidate>(key: string, candidates: readonly C[]): C | undefined {
    return this.#ranking.pick(key, candidates)
  }
}

export default definePlugin({
  kind: 'balancer',
  name: 'rendezvous',
  description:
    "Sends a key to the target with the highest hash, by weight, that isn't full. Sticky: a change moves only the keys it must.",
  options,
  useClass: Rendezvous,
})
