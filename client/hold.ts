/** Keeps what arrives right behind an answer until whoever awaited that could attach listeners: a microtask later. */

import type { ServerMessage } from '../core/protocol.js'
import type { Clock } from './clock.js'

export class Hold {
  readonly #clock: Clock
  readonly #receive: (message: ServerMessage) => void
  #held: ServerMessage[] | undefined
  #cancel = () => {}

  constructor(clock: Clock, receive: (message: ServerMessage) => void) {
    this.#clock = clock
    this.#receive = receive
  }

  /** Passes a message on, now or in its turn. */
  deliver(message: ServerMessage): void {
    if (this.#held) this.#held.push(message)
    else this.#receive(message)
  }

  /** From here to the next turn of the event loop everything waits. */
  begin(): void {
    this.#held = []
    this.#cancel = this.#clock.after(0, () => this.#release())
  }

  /** Passes on all that waits. */
  end(): void {
    while (this.#held) this.#release()
  }

  /** Forgets what waits. */
  drop(): void {
    this.#cancel()
    this.#held = undefined
  }

  #release(): void {
    this.#cancel()
    const held = this.#held ?? []
    this.#held = undefined
    while (held.length > 0 && !this.#held) this.#receive(held.shift()!)
    // One of them was awaited itself.
    if (this.#held) (this.#held as ServerMessage[]).push(...held)
  }
}
