import type { Clock, Timer } from '../../clock.js'
import type { Link } from '../links/link.js'

/** How soon it is looked again whether the time has come. */
const AGAIN_MS = 50

/** What is to be done over two links, as soon as it can be done. */
export interface Switch {
  /** Whose wish it is: with it, it goes. */
  readonly link: Link
  readonly move: number
  /** Does it, or says that it can't be done yet. */
  readonly attempt: () => boolean
}

/**
 * What waits until another node is known here, the link to it is open, and each end has told all about the rooms that
 * it shares with the other. As a rule nothing waits.
 */
export class Switches {
  readonly #clock: Clock
  #waiting: Switch[] = []
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Does it now, or when it can be done. */
  add(one: Switch): void {
    if (one.attempt()) return
    this.#waiting.push(one)
    this.#lookAgain()
  }

  /** Something has changed that may have been waited for. */
  attempt(): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter(({ attempt }) => !attempt())
  }

  /** It isn't to be done any more. */
  cancel(link: Link, move: number): void {
    this.#waiting = this.#waiting.filter((one) => one.link !== link || one.move !== move)
  }

  down(link: Link): void {
    this.#waiting = this.#waiting.filter((one) => one.link !== link)
  }

  stop(): void {
    this.#waiting = []
    this.#timer?.cancel()
  }

  #lookAgain(): void {
    this.#timer ??= this.#clock.after(AGAIN_MS, () => {
      this.#timer = undefined
      this.attempt()
      if (this.#waiting.length > 0) this.#lookAgain()
    })
  }
}
