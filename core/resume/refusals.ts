import type { Outbox } from '../egress/outbox.js'

/** As many of one session's are kept; a client that is refused more has lost what a resume could repeat. */
const MAX_REFUSALS = 1000

/** What a session's numbered messages were answered with instead of being carried out. */
export interface Refusal {
  readonly frame: Buffer
  /** Counted frames that had been sent before it: a client that has one more has this refusal too. */
  readonly after: number
}

/**
 * Refusals that a client may not have received. They aren't counted frames, and yet must not get lost with a socket: a
 * message would pass for carried out. So they are kept until the client shows that it has what was sent after them,
 * and repeated when it resumes; one that it has already it ignores.
 */
export class Refusals {
  readonly #kept: Refusal[]
  /** Where the newest one stood that had to be forgotten. */
  #forgotten = -1

  constructor(kept: readonly Refusal[] = []) {
    this.#kept = [...kept]
  }

  note(frame: Buffer, after: number): void {
    if (this.#kept.length >= MAX_REFUSALS) this.#forgotten = this.#kept.shift()!.after
    this.#kept.push({ frame, after })
  }

  /** The client has this many counted frames, and everything that was sent before the last of them. */
  acknowledge(seen: number): void {
    let known = 0
    while (known < this.#kept.length && this.#kept[known]!.after < seen) known++
    if (known > 0) this.#kept.splice(0, known)
  }

  /** Whether every refusal that a client with so many counted frames may lack is here. */
  covers(seen: number): boolean {
    return seen > this.#forgotten
  }

  repeat(outbox: Outbox): void {
    for (const { frame } of this.#kept) outbox.tell(frame)
  }

  /** Those that a store has to keep. */
  get kept(): readonly Refusal[] {
    return this.#kept
  }
}
