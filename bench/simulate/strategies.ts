/** The ways to place people that are compared. */

import { CONTESTANTS, type Contestant } from '../balance/contestants.js'

export interface Strategy {
  readonly name: string
  readonly balancer: Contestant
  /** Whose round trips the balancer is told: those of who comes, or of the region that the room belongs to. */
  readonly near: 'client' | 'room'
}

const balancer = (name: string): Contestant => CONTESTANTS.find((one) => one.name === name)!

export const STRATEGIES: readonly Strategy[] = [
  { name: 'least-loaded', balancer: balancer('least-loaded'), near: 'client' },
  { name: 'rendezvous', balancer: balancer('rendezvous'), near: 'client' },
  { name: 'region', balancer: balancer('region'), near: 'client' },
  { name: 'region by key', balancer: balancer('region by key'), near: 'client' },
  { name: 'room region', balancer: balancer('region by key'), near: 'room' },
]
