/** Goes on with a newer token in good time, so that a session outlives the token that it began with. */

import { Backoff } from './backoff.js'
import type { Clock } from './clock.js'
import type { SignalboxError } from './errors.js'
import { tokenLifetimeMs } from './token-lifetime.js'

/** When a token is replaced: after this part of its time. */
const SHARE = 0.8
/** The waits after failures. */
const RETRY = { baseMs: 2_000, capMs: 60_000 }
/** No wait is shorter, milliseconds: the server takes one attempt a second. */
const PAUSE_MS = 1_000
/** No timer of the platform is longer, milliseconds. */
const LONGEST_MS = 2 ** 31 - 1

export interface RenewalLink {
  readonly clock: Clock
  /** Asks the app for a fresh token. Rejects with E_TOKEN. */
  ask(): Promise<string>
  /** Gives it to the server. Resolves once that has taken it. */
  tell(token: string): Promise<void>
  /** An attempt of ours, which nobody awaits, has failed; another one follows while the old token holds. */
  failed(error: SignalboxError): void
}

export class Renewal {
  readonly #link: RenewalLink
  #backoff: Backoff
  #expiresAt = 0
  /** Counts tokens and connections: an attempt that began under an earlier one has nothing to say any more. */
  #epoch = 0
  #cancel = () => {}

  constructor(link: RenewalLink) {
    this.#link = link
    this.#backoff = new Backoff(link.clock, RETRY)
  }

  /** The server has taken this token: when it says how long it holds, it is replaced before that. */
  holds(token: string): void {
    this.stop()
    this.#backoff = new Backoff(this.#link.clock, RETRY)
    const lifetimeMs = tokenLifetimeMs(token, Date.now())
    if (lifetimeMs === undefined) return
    this.#expiresAt = this.#link.clock.now() + lifetimeMs
    this.#schedule(lifetimeMs * SHARE)
  }

  /** Replaces the token now. Rejects with E_TOKEN, or with the server's refusal. */
  async renew(): Promise<void> {
    const token = await this.#link.ask()
    await this.#link.tell(token)
    this.holds(token)
  }

  /** There is no connection: the next one begins with a fresh token. */
  stop(): void {
    this.#epoch += 1
    this.#cancel()
  }

  #schedule(ms: number): void {
    this.#cancel = this.#link.clock.after(Math.min(ms, LONGEST_MS), () => void this.#attempt())
  }

  async #attempt(): Promise<void> {
    const epoch = this.#epoch
    try {
      await this.renew()
    } catch (cause) {
      if (epoch !== this.#epoch) return
      const error = cause as SignalboxError
      const waitMs = Math.max(PAUSE_MS, this.#backoff.next(), error.retryAfterMs ?? 0)
      if (this.#link.clock.now() + waitMs < this.#expiresAt) this.#schedule(waitMs)
      this.#link.failed(error)
    }
  }
}
