/** Gives the candidates their turns, weighted. */

import { type Balancer, type Candidate, definePlugin, injectable, Type } from '../../core/api.js'

/** Credits of more candidates than this are forgotten: nodes that come and go must not fill the memory. */
const MAX_REMEMBERED = 4096

/**
 * A turn gives every candidate credit by its weight; the richest is picked and pays for all. Credits sum to zero, so
 * that each gets its exact share over a round, no two turns of a heavy one in a row where it can be helped, and
 * several lists may share one balancer. O(candidates), not sticky.
 */
@injectable()
class RoundRobin implements Balancer {
  readonly #credits = new Map<string, number>()

  pick<C extends Candidate>(_key: string, candidates: readonly C[]): C | undefined {
    if (this.#credits.size > MAX_REMEMBERED) this.#credits.clear()
    let richest: C | undefined
    let most = Number.NEGATIVE_INFINITY
    let total = 0
    for (const candidate of candidates) {
      const weight = candidate.weight ?? 1
      const credit = (this.#credits.get(candidate.id) ?? 0) + weight
      this.#credits.set(candidate.id, credit)
      total += weight
      if (richest === undefined || credit > most) {
        richest = candidate
        most = credit
      }
    }
    if (richest !== undefined) this.#credits.set(richest.id, most - total)
    return richest
  }
}

export default definePlugin({
  kind: 'balancer',
  name: 'round-robin',
  description: 'Gives the candidates their turns, by weight. Not sticky.',
  options: Type.Object({}),
  useClass: RoundRobin,
})
