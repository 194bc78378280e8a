import { DEFAULT_MEMORY, TwoChoices } from '../balance/two-choices.js'
import type { Clock } from '../clock.js'
import type { Balancer, Candidate } from '../contracts/balancer.js'
import type { Arrival } from './entrance.js'

/** A worker, as far as placing goes. */
export interface Place extends Candidate {
  give(arrival: Arrival): void
}

/**
 * Says which worker a connection goes to: by its room, as the balancer of the config has it, so that a room's members
 * meet in one process; without a room to the less loaded of two. While nobody serves, connections wait for somebody, as
 * long as the entrance lets them.
 */
export class Placement {
  readonly #balancer: Balancer
  readonly #choices: TwoChoices
  #places: readonly Place[] = []
  readonly #waiting = new Set<Arrival>()
  readonly #picks = { room: 0, load: 0 }

  constructor(balancer: Balancer, clock: Clock) {
    this.#balancer = balancer
    this.#choices = new TwoChoices(clock, DEFAULT_MEMORY)
  }

  /** How often a worker was picked by a room, and by load alone. */
  get picks(): Readonly<{ room: number; load: number }> {
    return this.#picks
  }

  /** Those who serve from now on. The same array means the same ones. */
  serve(places: readonly Place[]): void {
    this.#places = places
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const arrival of waiting) this.place(arrival)
  }

  place(arrival: Arrival): void {
    if (arrival.socket.destroyed) return
    const place = this.#pick(arrival.room)
    if (place !== undefined) {
      place.give(arrival)
      return
    }
    this.#waiting.add(arrival)
    arrival.socket.once('close', () => this.#waiting.delete(arrival))
  }

  #pick(room: string | undefined): Place | undefined {
    const picked =
      room === undefined ? this.#choices.pick('', this.#places) : this.#balancer.pick(room, this.#places)
    if (picked !== undefined) this.#picks[room === undefined ? 'load' : 'room']++
    return picked
  }
}
