import { slotOfPeerId } from '../peer-id.js'
import type { Session } from './session.js'

/** All sessions there are: by slot, and by peer id. */
export class SessionTable {
  readonly #bySlot: (Session | undefined)[] = []
  /** Those whose id points to another slot: they began on another node. */
  readonly #guests = new Map<string, Session>()

  /** The session at a slot that the engine named; undefined only when the engine is wrong. */
  at(slot: number): Session | undefined {
    return this.#bySlot[slot]
  }

  /** The session that goes by a peer id, wherever it began. */
  find(id: string): Session | undefined {
    const session = this.#bySlot[slotOfPeerId(id)]
    return session?.id === id ? session : this.#guests.get(id)
  }

  *[Symbol.iterator](): Iterator<Session> {
    for (const session of this.#bySlot) if (session !== undefined) yield session
  }

  add(session: Session): void {
    const { slot, id } = session
    this.#bySlot[slot] = session
    if (slotOfPeerId(id) !== slot) this.#guests.set(id, session)
  }

  delete({ slot, id }: Session): void {
    this.#bySlot[slot] = undefined
    this.#guests.delete(id)
  }

  /** What all of them have of something, together. */
  sum(amount: (session: Session) => number): number {
    let sum = 0
    for (const session of this) sum += amount(session)
    return sum
  }
}
