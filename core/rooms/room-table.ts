import { CAPACITY, type Engine } from '../engine/engine.js'
import { SignalError } from '../errors.js'
import type { Stats } from '../hub/stats.js'
import { NumberPool } from '../number-pool.js'
import { Room } from './room.js'
import type { RoomRule } from './room-rules.js'

/** Which rooms there are: by name, and by the number that the engine knows them by. */
export class RoomTable {
  readonly #engine: Engine
  readonly #stats: Stats
  readonly #numbers = new NumberPool(CAPACITY.rooms)
  readonly #byName = new Map<string, Room>()
  readonly #byNumber: (Room | undefined)[] = []

  constructor(engine: Engine, stats: Stats) {
    this.#engine = engine
    this.#stats = stats
  }

  find(name: string): Room | undefined {
    return this.#byName.get(name)
  }

  /** The room that the engine calls by this number. */
  at(number: number): Room | undefined {
    return this.#byNumber[number]
  }

  [Symbol.iterator](): Iterator<Room> {
    return this.#byName.values()
  }

  /** A room of a name that there is none of. Throws E_BUSY when there are as many as the engine can hold. */
  open(name: string, rule: RoomRule): Room {
    const number = this.#numbers.take()
    if (number === -1) throw new SignalError('E_BUSY', 'the server has no memory for another room')
    const room = new Room(name, number, rule)
    this.#byName.set(name, room)
    this.#byNumber[number] = room
    this.#engine.addRoom(number, name)
    this.#stats.rooms++
    return room
  }

  /** Forgets a room that has no members any more. */
  close({ name, number }: Room): void {
    this.#byName.delete(name)
    this.#byNumber[number] = undefined
    this.#engine.removeRoom(number)
    this.#numbers.release(number)
    this.#stats.rooms--
  }
}
