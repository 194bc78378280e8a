/** The balancers as a server would make them, and one that only throws dice. */

import type { Clock } from '../../core/clock.js'
import type { Balancer } from '../../core/contracts/balancer.js'
import type { Plugin } from '../../core/plugin.js'
import leastLoaded from '../../plugins/balancer/least-loaded.js'
import region from '../../plugins/balancer/region.js'
import rendezvous from '../../plugins/balancer/rendezvous.js'
import roundRobin from '../../plugins/balancer/round-robin.js'
import { construct } from '../../test/contract/index.js'
import { Random } from '../random.js'

export interface Contestant {
  readonly name: string
  /** Without reports a balancer knows no loads. */
  readonly reports: boolean
  readonly make: (clock: Clock, seed: number) => Balancer
}

const plugin =
  (made: Plugin<'balancer'>, options = {}) =>
  (clock: Clock): Balancer =>
    construct(made, options, { clock })

export const CONTESTANTS: readonly Contestant[] = [
  { name: 'random', reports: false, make: (_clock, seed) => dice(new Random(~seed)) },
  { name: 'round-robin', reports: false, make: plugin(roundRobin) },
  { name: 'least-loaded', reports: true, make: plugin(leastLoaded) },
  { name: 'rendezvous, no loads', reports: false, make: plugin(rendezvous) },
  { name: 'rendezvous', reports: true, make: plugin(rendezvous) },
  { name: 'region', reports: true, make: plugin(region) },
  { name: 'region by key', reports: true, make: plugin(region, { within: 'key' }) },
]

const dice = (random: Random): Balancer => ({
  pick: (_key, candidates) => candidates[random.below(candidates.length)],
})
