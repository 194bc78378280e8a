/** Gives the candidates their turns, weighted. */

import { type Balancer, type Candidate, definePlugin, injectable, Type } from '../../core/api.js'

/** More lists than this are forgotten and begin anew: nodes that come and go must not fill the memory. */
const MAX_LISTS = 1024

/**
 * Every list of candidates has turns of its own. A turn gives each candidate credit by its weight; the richest is
 * picked and pays for all. Credits sum to zero, so that each gets its exact share of a round, and the turns of a
 * heavy one are spread over it. O(candidates), not sticky.
 */
@injectable()
class RoundRobin implements Balancer {
  readonly #lists = new Map<string, Float64Array>()
  /** The same by the array itself: a known one needs no look at its ids. */
  readonly #arrays = new WeakMap<readonly Candidate[], Float64Array>()

  pick<C extends Candidate>(_key: string, candidates: readonly C[]): C | undefined {
    const credits = this.#creditsOf(candidates)
    let richest = 0
    let total = 0
    for (let i = 0; i < candidates.length; i++) {
      const { weight = 1 } = candidates[i]!
      credits[i]! += weight
      total += weight
      if (credits[i]! > credits[richest]!) richest = i
    }
    credits[richest]! -= total
    return candidates[richest]
  }

  #creditsOf(candidates: readonly Candidate[]): Float64Array {
    const seen = this.#arrays.get(candidates)
    if (seen?.length === candidates.length) return seen
    const credits = this.#creditsByIds(candidates)
    this.#arrays.set(candidates, credits)
    return credits
  }

  #creditsByIds(candidates: readonly Candidate[]): Float64Array {
    const list = candidates.map(({ id }) => id).join('\n')
    const known = this.#lists.get(list)
    if (known?.length === candidates.length) return known
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear()
    const credits = new Float64Array(candidates.length)
    this.#lists.set(list, credits)
    return credits
  }
}

export default definePlugin({
  kind: 'balancer',
  name: 'round-robin',
  description: 'Gives the candidates their turns, by weight. Not sticky.',
  options: Type.Object({}),
  useClass: RoundRobin,
})
