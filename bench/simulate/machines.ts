/** The nodes: what they carry, what they report, and which of them balancers are told of. */

import type { Candidate } from '../../core/contracts/balancer.js'
import { PLAN } from './plan.js'
import { REGION_NAMES } from './regions.js'

/** As balancers see it; its number is its place among all. */
export interface Machine extends Candidate {
  readonly number: number
  readonly region: string
  load: number
}

export class Machines {
  readonly all: readonly Machine[]
  /** Peers on each node. */
  readonly held: Int32Array
  /** Until when each is busy with those who came, ms. */
  readonly #busyUntil: Float64Array
  readonly #dead: Uint8Array
  readonly #hidden: Uint8Array
  #listed: readonly Machine[]

  constructor(count: number) {
    this.all = Array.from({ length: count }, (_, number) => ({
      id: `node-${number}`,
      number,
      region: REGION_NAMES[number % REGION_NAMES.length]!,
      load: 0,
    }))
    this.held = new Int32Array(count)
    this.#busyUntil = new Float64Array(count)
    this.#dead = new Uint8Array(count)
    this.#hidden = new Uint8Array(count)
    this.#listed = this.all
  }

  /** Who can be picked: not always who is alive. The same array until that changes. */
  get listed(): readonly Machine[] {
    return this.#listed
  }

  isDead(number: number): boolean {
    return this.#dead[number] === 1
  }

  setDead(numbers: readonly number[], dead: boolean): void {
    for (const number of numbers) this.#dead[number] = dead ? 1 : 0
  }

  /** Takes nodes from the list, or puts them back, with nothing to do as yet. */
  setListed(numbers: readonly number[], listed: boolean): void {
    for (const number of numbers) {
      this.#hidden[number] = listed ? 0 : 1
      if (listed) this.all[number]!.load = 0
    }
    this.#listed = this.all.filter(({ number }) => this.#hidden[number] === 0)
  }

  report(): void {
    for (const machine of this.#listed) machine.load = this.held[machine.number]! / PLAN.nodeCapacity
  }

  /** Somebody comes at `now`; how long until the node has done what that takes, ms. */
  serve(number: number, now: number): number {
    const until = Math.max(now, this.#busyUntil[number]!) + PLAN.joinCostMs
    this.#busyUntil[number] = until
    return until - now
  }

  /** Degree of imbalance of those who are listed: the maximum over the mean, minus 1. */
  imbalance(): number {
    let sum = 0
    let most = 0
    for (const { number } of this.#listed) {
      sum += this.held[number]!
      most = Math.max(most, this.held[number]!)
    }
    return sum === 0 ? 0 : (most * this.#listed.length) / sum - 1
  }
}
