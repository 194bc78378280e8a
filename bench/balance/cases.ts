/** What balancers are put through. */

import { type Balancer } from '../../core/contracts/balancer.js'
import { FakeClock } from '../../test/contract/index.js'
import { Random } from '../random.js'
import { Zipf } from '../zipf.js'
import type { Contestant } from './contestants.js'
import { imbalance, makeNode, type Node, REGIONS, report } from './fleet.js'

export const NODES = 20
export const ROOMS = 10_000
export const JOINS = 100_000
/** Joins between two reports of load, one join a millisecond. */
const REPORT_EVERY = 100
/** So that the fleet ends three quarters full. */
const CAPACITY = JOINS / NODES / 0.75
const GIANT_SHARE = 0.3
/** Of the weights 1, 2, 3, 4, 1 that the nodes of each region have. */
const MEAN_WEIGHT = 2.2

export type LoadName = 'uniform' | 'zipf' | 'giant' | 'weights'

/** A fleet after `JOINS` joins. */
export interface Outcome {
  readonly balancer: Balancer
  readonly nodes: Node[]
  /** Of all pairs of members of one room, the share whose members are on two nodes, 0 to 1. */
  readonly apart: number
}

/** Sends everybody who joins where the balancer says. */
export function fill(load: LoadName, { make, reports }: Contestant, seed: number): Outcome {
  const clock = new FakeClock()
  const random = new Random(seed)
  const balancer = make(clock, seed)
  const weightOf = (i: number) => (load === 'weights' ? 1 + (Math.floor(i / REGIONS.length) % 4) : 1)
  const capacity = load === 'weights' ? CAPACITY / MEAN_WEIGHT : CAPACITY
  const nodes = Array.from({ length: NODES }, (_, i) => makeNode(i, capacity, weightOf(i)))
  const zipf = load === 'zipf' ? new Zipf(ROOMS) : undefined
  const members = new Map<number, Int32Array>()
  for (let i = 0; i < JOINS; i++) {
    if (reports && i % REPORT_EVERY === 0) report(nodes)
    clock.advance(1)
    const room = zipf
      ? zipf.draw(random.next())
      : load === 'giant' && random.next() < GIANT_SHARE
        ? 0
        : random.below(ROOMS)
    const node = balancer.pick(nameOf(room), nodes, hintOf(room))!
    node.held++
    const counts = members.get(room) ?? new Int32Array(NODES)
    if (counts[nodes.indexOf(node)]!++ === 0) members.set(room, counts)
  }
  if (reports) report(nodes)
  return { balancer, nodes, apart: apart(members.values()) }
}

/** A room is of one region: what a member of another does to it is for the simulation to say. */
const HINTS = REGIONS.map((region) => ({ region }))
const hintOf = (room: number) => HINTS[room % HINTS.length]!
const nameOf = (room: number) => `room-${room}`

function apart(rooms: Iterable<Int32Array>): number {
  let pairs = 0
  let together = 0
  for (const counts of rooms) {
    let all = 0
    for (const count of counts) {
      all += count
      together += count * (count - 1)
    }
    pairs += all * (all - 1)
  }
  return pairs === 0 ? 0 : 1 - together / pairs
}

/** The share of rooms that would be sent elsewhere once the nodes are `after`, 0 to 1, at the loads as they are. */
export function moved({ balancer, nodes }: Outcome, after: readonly Node[]): number {
  const where = (list: readonly Node[]) =>
    Array.from({ length: ROOMS }, (_, room) => balancer.pick(nameOf(room), list, hintOf(room))!.id)
  const before = where(nodes)
  const then = where(after)
  return before.filter((id, room) => then[room] !== id).length / ROOMS
}

/** One node more, with nothing to do yet. */
export function withNewcomer(nodes: readonly Node[], reports: boolean): Node[] {
  const newcomer = makeNode(NODES, CAPACITY)
  if (reports) newcomer.load = 0
  return [...nodes, newcomer]
}

/** One node less. */
export const withoutOne = (nodes: readonly Node[]): Node[] => nodes.slice(0, -1)

/** Nanoseconds a decision among so many nodes, half loaded, of rooms that come one after the other. */
export function cost(count: number, { make, reports }: Contestant, decisions: number, seed: number): number {
  const nodes = Array.from({ length: count }, (_, i) => makeNode(i, 1000))
  for (const [i, node] of nodes.entries()) node.held = 450 + (i % 100)
  if (reports) report(nodes)
  const balancer = make(new FakeClock(), seed)
  const keys = Array.from({ length: 256 }, (_, i) => nameOf(i))
  const ask = (times: number) => {
    for (let i = 0; i < times; i++) balancer.pick(keys[i & 255]!, nodes, hintOf(i))
  }
  ask(Math.ceil(decisions / 4))
  const start = process.cpuUsage()
  ask(decisions)
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1000) / decisions
}

/** The reference case: participants with service times that are known when they come, and who wait for nobody. */
export const REFERENCE = { participants: 100, servers: 10, least: 1, most: 5 }

/**
 * Degree of imbalance of the work given to the servers, and the total time: servers times the time until the last of
 * them is done, that is, how long the fleet is kept.
 */
export function reference({ make, reports }: Contestant, seed: number): { imbalance: number; total: number } {
  const { participants, servers, least, most } = REFERENCE
  const random = new Random(seed)
  const clock = new FakeClock()
  const balancer = make(clock, seed)
  const fair = (participants * (least + most)) / 2 / servers
  const nodes = Array.from({ length: servers }, (_, i) => makeNode(i, fair))
  for (let i = 0; i < participants; i++) {
    if (reports) report(nodes)
    clock.advance(60_000) // long enough for loads to be believed: they are known, not sampled
    const node = balancer.pick(`participant-${seed}-${i}`, nodes, hintOf(i))!
    node.held += least + random.next() * (most - least)
  }
  return { imbalance: imbalance(nodes), total: servers * Math.max(...nodes.map(({ held }) => held)) }
}
