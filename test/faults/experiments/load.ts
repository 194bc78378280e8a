import type { Dice } from '../../dice.js'
import type { Scale } from '../lab.js'
import type { LabClient } from '../lab-client.js'

/** How often the load acts. */
const TICK_MS = 10
/** Messages that each client sends a second, bursts aside, where nothing else is said. */
const PER_SECOND = 6
const HOME_SIZE = 15
/** A client that waits for so many acknowledgements says nothing more: a slow machine isn't buried. */
const MAX_BACKLOG = 100

/** What rooms a crowd of so many lives in: each has a home, and visits others. */
export const roomsFor = ({ clients }: Pick<Scale, 'clients'>): string[] =>
  Array.from({ length: Math.max(2, Math.ceil(clients / HOME_SIZE)) }, (_, i) => `room ${i}`)

/**
 * Keeps clients talking until it is stopped: messages to rooms and to single members, changes of metadata, joins and
 * leaves, now and then a burst or a large message. What is done is the dice's doing; when, the machine's.
 */
export class Load {
  readonly #clients: readonly LabClient[]
  readonly #rooms: readonly string[]
  readonly #dice: Dice
  readonly #perTick: number
  /** Nobody comes or goes: for what is looked at while members stay the same. */
  calm = false
  #debt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(clients: readonly LabClient[], rooms: readonly string[], dice: Dice, perSecond = PER_SECOND) {
    this.#clients = clients
    this.#rooms = rooms
    this.#dice = dice
    this.#perTick = (clients.length * perSecond * TICK_MS) / 1000
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#debt += this.#perTick
      for (; this.#debt >= 1; this.#debt--) this.#act(this.#dice.pick(this.#clients))
    }, TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #act(client: LabClient): void {
    if (client.backlog > MAX_BACKLOG) return
    const dice = this.#dice
    const rooms = [...client.rooms.keys()]
    if (rooms.length === 0) {
      client.join(dice.pick(this.#rooms))
      return
    }
    const room = dice.pick(rooms)
    const whim = dice.roll(this.calm ? 940 : 1000)
    if (whim < 500) client.broadcast('publish', room, this.#size())
    else if (whim < 900) this.#direct(client, room)
    else if (whim < 940) client.broadcast('update', room, dice.roll(200))
    else if (whim < 970) client.join(dice.pick(this.#rooms))
    else if (whim < 990) {
      if (rooms.length > 1) client.leave(room)
    } else this.#burst(client, room)
  }

  #direct(client: LabClient, room: string): void {
    const others = [...client.rooms.get(room)!]
    if (others.length === 0) return
    const kind = this.#dice.pick(['offer', 'answer', 'candidate', 'signal'] as const)
    client.direct(kind, room, this.#dice.pick(others), this.#size())
  }

  #burst(client: LabClient, room: string): void {
    for (let n = 2 + this.#dice.roll(20); n > 0; n--) {
      if (this.#dice.roll(2) === 0) client.broadcast('publish', room, this.#dice.roll(100))
      else this.#direct(client, room)
    }
  }

  #size(): number {
    return this.#dice.roll(100) === 0 ? this.#dice.roll(20_000) : this.#dice.roll(300)
  }
}
