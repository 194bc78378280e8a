/** Nodes that count what they carry, and tell it now and then. */

import type { Candidate } from '../../core/contracts/balancer.js'

export interface Node extends Candidate {
  /** As last reported. */
  load?: number
  readonly weight: number
  readonly region: string
  /** What it carries, in the unit of its capacity. */
  held: number
  readonly capacity: number
}

/** In the regions that clients of `uniform` are from, in turn. */
export const REGIONS = ['east', 'north', 'south', 'west'] as const

/** A node of weight w has w times the capacity. */
export function makeNode(i: number, capacity: number, weight = 1): Node {
  return {
    id: `node-${i}`,
    weight,
    region: REGIONS[i % REGIONS.length]!,
    held: 0,
    capacity: capacity * weight,
  }
}

export function report(nodes: readonly Node[]): void {
  for (const node of nodes) node.load = node.held / node.capacity
}

/** Degree of imbalance: the maximum over the mean, minus 1, of what nodes carry in proportion to their weights. */
export function imbalance(nodes: readonly { readonly held: number; readonly weight: number }[]): number {
  let held = 0
  let weight = 0
  let highest = 0
  for (const node of nodes) {
    held += node.held
    weight += node.weight
    highest = Math.max(highest, node.held / node.weight)
  }
  return held === 0 ? 0 : highest / (held / weight) - 1
}
