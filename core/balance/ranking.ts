/** Weighted rendezvous hashing with bounded load: every key ranks the candidates, the first with room left wins. */

import type { Candidate } from '../contracts/balancer.js'
import { AGAIN, hashId, hashKey, scatter } from './hash.js'
import { loadOf, meanLoad, weightOf } from './load.js'

export interface Bound {
  /** A candidate is full beyond this many times the mean load of all; over 1. */
  readonly timesMean: number
  /**
   * Up to this load nobody is full, however idle the others are: where there is no need, keeping a room together is
   * worth more than evenness, and a bound that follows the mean alone shifts rooms about with every report.
   */
  readonly neverFullBelow: number
}

/** Found by simulation: docs/guides/scale.md. */
export const DEFAULT_BOUND: Bound = { timesMean: 1.25, neverFullBelow: 0.7 }

/** Two words of hash for each id, interleaved. `weighted`: not all weights are alike. */
interface Known {
  readonly words: Int32Array
  readonly weighted: boolean
}

/** More loaded than the bound by less than this is the rounding of a sum. */
const ROUNDING = 1e-9

/**
 * Sticky, without state: every process that knows the same candidates and loads picks the same one. When a candidate
 * comes or goes, exactly the keys it wins or held move; when one is full, its keys go to the candidate each ranks next,
 * and come back when it has room again. A room that is too large for one node so fills one after the other. Candidates
 * that report no load are never full. O(candidates); ids are hashed once an array.
 *
 * With h uniform in (0, 1), -weight / ln h is greatest for a candidate with a probability proportional to its
 * weight (Schindelhauer and Schomaker, Weighted Distributed Hash Tables, 2005). The bound is that of Mirrokni, Thorup
 * and Zadimoghaddam, Consistent Hashing with Bounded Loads, 2018.
 */
export class Ranking {
  readonly #known = new WeakMap<readonly Candidate[], Known>()
  readonly #bound: Bound

  constructor(bound: Bound) {
    this.#bound = bound
  }

  pick<C extends Candidate>(key: string, candidates: readonly C[]): C | undefined {
    const { words, weighted } = this.#knownOf(candidates)
    /** The load over which a candidate is full: the mean is worked out when somebody is loaded enough to ask. */
    let full = Number.NaN
    const word = hashKey(key)
    let best = -1
    let bestScore = Number.NEGATIVE_INFINITY
    for (let i = 0; i < candidates.length; i++) {
      const high = scatter(word ^ words[2 * i]!) >>> 0
      const score = weighted ? -weightOf(candidates[i]!) / Math.log((high + 0.5) / 2 ** 32) : high
      if (score < bestScore) continue
      const load = loadOf(candidates[i]!) ?? 0
      if (load > this.#bound.neverFullBelow) {
        if (Number.isNaN(full)) full = this.#bound.timesMean * meanLoad(candidates) + ROUNDING
        if (load > full) continue
      }
      if (score === bestScore && !this.#winsTie(key, words, candidates, i, best)) continue
      best = i
      bestScore = score
    }
    return candidates[best]
  }

  /** Whether candidate `i` goes before `best` by the second hash: two ids among thousands may share the first. */
  #winsTie(
    key: string,
    words: Int32Array,
    candidates: readonly Candidate[],
    i: number,
    best: number,
  ): boolean {
    const word = hashKey(key, AGAIN)
    const low = (of: number): number => scatter(word ^ words[2 * of + 1]!)
    return low(i) === low(best) ? candidates[i]!.id < candidates[best]!.id : low(i) > low(best)
  }

  #knownOf(candidates: readonly Candidate[]): Known {
    const known = this.#known.get(candidates)
    if (known?.words.length === 2 * candidates.length) return known
    const words = new Int32Array(2 * candidates.length)
    candidates.forEach(({ id }, i) => {
      words[2 * i] = hashId(id)
      words[2 * i + 1] = hashId(id, AGAIN)
    })
    const weighted = candidates.some((one) => weightOf(one) !== weightOf(candidates[0]!))
    const made = { words, weighted }
    this.#known.set(candidates, made)
    return made
  }
}
