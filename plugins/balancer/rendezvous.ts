/** Sends each key to the candidate that scores highest for it: weighted rendezvous hashing. */

import { type Balancer, type Candidate, definePlugin, injectable, Type } from '../../core/api.js'

/**
 * Sticky, without state: every process that knows the same candidates picks the same one. When a candidate comes or
 * goes, exactly the keys it wins or held move. O(candidates × length of their ids).
 *
 * With h uniform in (0, 1), -weight / ln h is greatest for a candidate with a probability proportional to its
 * weight (Schindelhauer and Schomaker, Weighted Distributed Hash Tables, 2005).
 */
@injectable()
class Rendezvous implements Balancer {
  pick<C extends Candidate>(key: string, candidates: readonly C[]): C | undefined {
    let best: C | undefined
    let bestScore = Number.NEGATIVE_INFINITY
    for (const candidate of candidates) {
      const score = -(candidate.weight ?? 1) / Math.log(uniform(key, candidate.id))
      if (best === undefined || score > bestScore || (score === bestScore && candidate.id < best.id)) {
        best = candidate
        bestScore = score
      }
    }
    return best
  }
}

/** A hash of both strings as a number in (0, 1), its ends excluded. Not for secrets: whoever picks keys can aim. */
function uniform(key: string, id: string): number {
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  const absorb = (unit: number): void => {
    a = Math.imul(a ^ unit, 0x2c1b3c6d)
    a ^= a >>> 15
    b = Math.imul(b ^ unit, 0x297a2d39)
    b ^= b >>> 13
  }
  for (let i = 0; i < key.length; i++) absorb(key.charCodeAt(i))
  absorb(0x10000) // no UTF-16 unit: ("ab", "c") and ("a", "bc") must differ
  for (let i = 0; i < id.length; i++) absorb(id.charCodeAt(i))
  const high = scatter(a ^ Math.imul(b, 0x27d4eb2f)) >>> 6
  const low = scatter(b ^ Math.imul(a, 0x165667b1)) >>> 6
  return (high * 2 ** 26 + low + 0.5) / 2 ** 52
}

/** Lets every bit of a 32-bit word reach every other (the finaliser of MurmurHash3). */
function scatter(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

export default definePlugin({
  kind: 'balancer',
  name: 'rendezvous',
  description:
    'Sends a key to the candidate with the highest hash, by weight. Sticky: a change moves only the keys it must.',
  options: Type.Object({}),
  useClass: Rendezvous,
})
