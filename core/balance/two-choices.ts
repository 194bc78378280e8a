/** The less loaded of two candidates drawn by weight: nearly as even as asking all, at the price of asking two. */

import type { Clock } from '../clock.js'
import type { Candidate } from '../contracts/balancer.js'
import { hashKey, scatter } from './hash.js'
import { loadOf, weightOf } from './load.js'

export interface Memory {
  /** After this time a load, or a pick, counts half. */
  readonly halfLifeMs: number
  /** What a pick adds to a candidate's load until its reports show it, as a share of what the candidate carries. */
  readonly loadPerPick: number
}

/** A few reports of a second each. */
export const DEFAULT_MEMORY: Memory = { halfLifeMs: 2000, loadPerPick: 0.001 }

/** What is remembered of a candidate: averages that fade. */
interface Trace {
  load: number
  picks: number
  at: number
}

/** More candidates than this are forgotten and begin anew: nodes that come and go must not fill the memory. */
const MAX_TRACES = 65_536

/**
 * Loads are averages weighted by age, because reports are old when they are read; and a pick counts at once, because
 * otherwise everybody would run to whoever reported last that it was idle. Where no load is reported, picks alone
 * decide. Not sticky. The draw is by a hash of the key and of the turn: many processes with the same candidates don't
 * march in step. O(log candidates) once an array is known.
 *
 * Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001.
 */
export class TwoChoices {
  readonly #traces = new Map<string, Trace>()
  /** The sums of the weights up to each candidate; `undefined` where they are all alike. */
  readonly #sums = new WeakMap<readonly Candidate[], Float64Array | undefined>()
  readonly #clock: Clock
  readonly #memory: Memory
  #turn = 0

  constructor(clock: Clock, memory: Memory) {
    this.#clock = clock
    this.#memory = memory
  }

  pick<C extends Candidate>(key: string, candidates: readonly C[]): C | undefined {
    if (candidates.length === 0) return undefined
    this.#turn = (this.#turn + 1) | 0
    const dice = hashKey(key) ^ Math.imul(this.#turn, 0x9e3779b1)
    const first = this.#draw(candidates, uniform(dice))
    const second = candidates.length === 1 ? first : this.#drawOther(candidates, first, dice)
    const now = this.#clock.monotonic()
    const chosen = this.#scoreOf(first, now) <= this.#scoreOf(second, now) ? first : second
    this.#traceOf(chosen, now).picks++
    return chosen
  }

  #draw<C extends Candidate>(candidates: readonly C[], share: number): C {
    const sums = this.#sumsOf(candidates)
    if (sums === undefined) return candidates[Math.floor(share * candidates.length)]!
    const wanted = share * sums.at(-1)!
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sums[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return candidates[low]!
  }

  /** Another one than the first. Where one weighs nearly everything, its neighbour after a few throws. */
  #drawOther<C extends Candidate>(candidates: readonly C[], first: C, dice: number): C {
    for (let throws = 1; throws <= 4; throws++) {
      const other = this.#draw(candidates, uniform(dice + Math.imul(throws, 0x85ebca77)))
      if (other !== first) return other
    }
    return candidates[(candidates.indexOf(first) + 1) % candidates.length]!
  }

  /** The load it would have with this pick. */
  #scoreOf(candidate: Candidate, now: number): number {
    const { load, picks } = this.#traceOf(candidate, now)
    return load + (this.#memory.loadPerPick * (picks + 1)) / weightOf(candidate)
  }

  /** What is known by now: what was known fades, the present load comes in by as much. */
  #traceOf(candidate: Candidate, now: number): Trace {
    const reported = loadOf(candidate) ?? 0
    const trace = this.#traces.get(candidate.id)
    if (trace === undefined) {
      if (this.#traces.size >= MAX_TRACES) this.#traces.clear()
      const made = { load: reported, picks: 0, at: now }
      this.#traces.set(candidate.id, made)
      return made
    }
    if (now > trace.at) {
      const kept = 2 ** ((trace.at - now) / this.#memory.halfLifeMs)
      trace.load = reported + (trace.load - reported) * kept
      trace.picks *= kept
      trace.at = now
    }
    return trace
  }

  #sumsOf(candidates: readonly Candidate[]): Float64Array | undefined {
    if (this.#sums.has(candidates)) return this.#sums.get(candidates)
    let sums: Float64Array | undefined
    if (candidates.some((one) => weightOf(one) !== weightOf(candidates[0]!))) {
      let sum = 0
      sums = Float64Array.from(candidates, (candidate) => {
        sum += weightOf(candidate)
        return sum
      })
    }
    this.#sums.set(candidates, sums)
    return sums
  }
}

/** A share from 0 to 1, 1 excluded. */
const uniform = (dice: number): number => (scatter(dice) >>> 0) / 2 ** 32
