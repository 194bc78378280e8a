/** One fleet, one balancer, six minutes: people come and go, nodes die and come back, all are replaced. */

import type { Clock } from '../../core/clock.js'
import type { Balancer, Hint } from '../../core/contracts/balancer.js'
import { Random } from '../random.js'
import { type Machine, Machines } from './machines.js'
import { type People, people } from './people.js'
import { PLAN } from './plan.js'
import { Presence } from './presence.js'
import { REGION_NAMES, ROUND_TRIP_MS } from './regions.js'
import type { Strategy } from './strategies.js'
import { Tally } from './tally.js'
import { Wheel } from './wheel.js'

/** Why somebody comes: because they want to, because their node died, because it was drained. */
export type Cause = 'own' | 'failure' | 'deploy'
const CAUSES: readonly Cause[] = ['own', 'failure', 'deploy']

/** Rooms that are looked at to say how many would move. */
const PROBES = 5000

export class Simulation {
  readonly tally = new Tally()
  readonly #random: Random
  readonly #strategy: Strategy
  readonly #people: People
  readonly #machines: Machines
  readonly #presence: Presence
  readonly #wheel: Wheel
  readonly #balancer: Balancer
  /** Where each peer is; -1: nowhere. */
  readonly #nodeOf: Int16Array
  /** Since when each wants in, ms, and why, and how often that failed. */
  readonly #since: Float32Array
  readonly #cause: Uint8Array
  readonly #failures: Uint8Array
  /** What each region's clients know: the round trips to all, measured. */
  readonly #hints: readonly Hint[]
  #now = 0

  constructor(nodes: number, strategy: Strategy, seed: number) {
    const peers = nodes * PLAN.peersPerNode
    this.#random = new Random(seed)
    this.#strategy = strategy
    this.#people = people(peers, this.#random)
    this.#machines = new Machines(nodes)
    this.#presence = new Presence(peers, this.#people.rooms)
    this.#wheel = new Wheel(peers, PLAN.endMs)
    this.#balancer = strategy.balancer.make(this.#clock(), seed)
    this.#nodeOf = new Int16Array(peers).fill(-1)
    this.#since = new Float32Array(peers)
    this.#cause = new Uint8Array(peers)
    this.#failures = new Uint8Array(peers)
    this.#hints = REGION_NAMES.map((region, from) => ({
      region,
      roundTripMs: Object.fromEntries(REGION_NAMES.map((to, i) => [to, roundTripMs(from, i)])),
    }))
    for (let peer = 0; peer < peers; peer++) this.#comesAt(peer, this.#random.next() * PLAN.fillMs, 'own')
  }

  /** Runs to the end; `onSecond` is told how much is done, 0 to 1. */
  run(onSecond: (done: number) => void = () => {}): Tally {
    const agenda = this.#agenda()
    const ticksASecond = PLAN.reportMs / this.#wheel.tickMs
    for (let tick = 0; tick < this.#wheel.ticks; tick++) {
      this.#now = tick * this.#wheel.tickMs
      if (tick % ticksASecond === 0) {
        this.#machines.report()
        this.tally.second(this.#now, this.#machines, this.#presence)
        onSecond(tick / this.#wheel.ticks)
      }
      while (agenda.length > 0 && agenda[0]!.at <= this.#now) agenda.shift()!.act()
      for (let peer = this.#wheel.take(tick); peer >= 0; peer = this.#wheel.take(tick)) {
        this.tally.events++
        if (this.#nodeOf[peer]! >= 0) this.#leave(peer)
        else this.#come(peer)
      }
    }
    return this.tally
  }

  #comesAt(peer: number, at: number, cause: Cause): void {
    this.#since[peer] = at
    this.#cause[peer] = CAUSES.indexOf(cause)
    this.#failures[peer] = 0
    this.#wheel.schedule(peer, at)
  }

  #come(peer: number): void {
    const room = this.#people.roomOf[peer]!
    const region = this.#people.regionOf[peer]!
    const near = this.#strategy.near === 'client' ? region : this.#people.homeOf[room]!
    const machine = this.#pick(this.#balancer, room, this.#hints[near]!, this.#machines.listed)
    if (machine === undefined || this.#machines.isDead(machine.number)) {
      const wasted = machine === undefined ? 0 : PLAN.connectTimeoutMs
      this.#wheel.schedule(peer, this.#now + wasted + this.#jitter(this.#failures[peer]!++))
      return
    }
    const { number } = machine
    const travel = PLAN.roundTripsToJoin * roundTripMs(region, number % REGION_NAMES.length)
    const waited = this.#now - this.#since[peer]! + travel + this.#machines.serve(number, this.#now)
    this.tally.joined(this.#now, CAUSES[this.#cause[peer]!]!, waited, this.#presence, room, number)
    this.#presence.add(room, number)
    this.tally.told(this.#presence.spread(room))
    this.#machines.held[number]!++
    this.#nodeOf[peer] = number
    this.#wheel.schedule(peer, this.#now + this.#random.exponential(PLAN.stayMs))
  }

  #pick(balancer: Balancer, room: number, hint: Hint, list: readonly Machine[]): Machine | undefined {
    return balancer.pick(`room-${room}`, list, hint)
  }

  #leave(peer: number): void {
    this.#remove(peer)
    this.#comesAt(peer, this.#now + this.#random.exponential(PLAN.awayMs), 'own')
  }

  #remove(peer: number): void {
    const node = this.#nodeOf[peer]!
    this.tally.told(this.#presence.spread(this.#people.roomOf[peer]!))
    this.#presence.remove(this.#people.roomOf[peer]!, node)
    this.#machines.held[node]!--
    this.#nodeOf[peer] = -1
  }

  #jitter(failures: number): number {
    return this.#random.next() * Math.min(PLAN.retryCapMs, PLAN.retryMs * 2 ** Math.min(failures, 10))
  }

  /** What happens to nodes, in the order of time. */
  #agenda(): { at: number; act: () => void }[] {
    const count = this.#machines.all.length
    const failing = count < 10 ? 0 : Math.max(1, Math.round(count * PLAN.failing))
    const dying = Array.from({ length: failing }, (_, i) => Math.floor(((i + 0.5) * count) / failing))
    const agenda = [
      { at: PLAN.failAt, act: () => this.#die(dying) },
      { at: PLAN.failAt + PLAN.missedAfterMs, act: () => this.#change(dying, false) },
      { at: PLAN.backAt, act: () => this.#revive(dying) },
    ]
    for (let batch = 0; batch < PLAN.batches; batch++) {
      const numbers = this.#machines.all.flatMap(({ number }) =>
        Math.floor((number * PLAN.batches) / count) === batch ? [number] : [],
      )
      const at = PLAN.deployAt + batch * PLAN.batchMs
      agenda.push({ at, act: () => this.#drain(numbers) })
      agenda.push({ at: at + PLAN.drainMs, act: () => this.#machines.setListed(numbers, true) })
    }
    return agenda.sort((a, b) => a.at - b.at)
  }

  #die(numbers: readonly number[]): void {
    this.#machines.setDead(numbers, true)
    const spread = PLAN.silentToMs - PLAN.silentFromMs
    this.#evict(numbers, (peer) => {
      const noticed = this.#now + PLAN.silentFromMs + this.#random.next() * spread
      this.#remove(peer)
      this.#comesAt(peer, noticed + this.#jitter(0), 'failure')
      this.#since[peer] = this.#now
      this.tally.moved('failure')
    })
  }

  #revive(numbers: readonly number[]): void {
    this.#machines.setDead(numbers, false)
    this.#machines.setListed(numbers, true)
  }

  /** Takes dead nodes from the list; says how many rooms would now be elsewhere. */
  #change(numbers: readonly number[], listed: boolean): void {
    const before = this.#machines.listed
    this.#machines.setListed(numbers, listed)
    if (numbers.length === 0) return
    this.tally.keys(this.#rerouted(before, this.#machines.listed), numbers.length / before.length)
  }

  #rerouted(before: readonly Machine[], after: readonly Machine[]): number {
    const where = (list: readonly Machine[]) => {
      const balancer = this.#strategy.balancer.make(this.#clock(), 1)
      return Array.from({ length: PROBES }, (_, i) => {
        const room = (i * 7919) % this.#people.rooms
        return this.#pick(balancer, room, this.#hints[this.#people.homeOf[room]!]!, list)?.number
      })
    }
    const old = where(before)
    const now = where(after)
    return old.filter((number, i) => now[i] !== number).length / PROBES
  }

  /** Nobody new; those who are there leave at a random moment, and come again at once. */
  #drain(numbers: readonly number[]): void {
    this.#machines.setListed(numbers, false)
    this.#evict(numbers, (peer) => {
      this.#remove(peer)
      this.#comesAt(peer, this.#now + this.#random.next() * (PLAN.drainMs - this.#wheel.tickMs), 'deploy')
      this.tally.moved('deploy')
    })
  }

  #evict(numbers: readonly number[], act: (peer: number) => void): void {
    const going = new Set(numbers)
    if (going.size === 0) return
    for (let peer = 0; peer < this.#nodeOf.length; peer++) {
      if (this.#nodeOf[peer]! >= 0 && going.has(this.#nodeOf[peer]!)) act(peer)
    }
  }

  /** The balancers' clock stands where the simulation is; they set no timers. */
  #clock(): Clock {
    const none = () => {
      throw new Error('the simulation has no timers')
    }
    return { now: () => this.#now, monotonic: () => this.#now, after: none, every: none }
  }
}

/** From a client of one region to a node in another. */
const roundTripMs = (from: number, to: number): number =>
  PLAN.accessMs + (from === to ? 0 : ROUND_TRIP_MS[from]![to]!)
