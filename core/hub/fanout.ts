import { SignalError } from '../errors.js'
import type { Session } from '../sessions/session.js'

/** What a peer sends and causes is forgotten at this pace: after so long, all but a third of it. */
const WINDOW_MS = 10_000

export interface FanoutLimits {
  /** Bytes that one byte of a peer may become. */
  readonly amplification: number
  /** Bytes that a peer may cause besides, in the window. */
  readonly amplificationBytes: number
}

/**
 * Bounds what one peer makes the server send: bytes out by bytes in, over a sliding window. A message counts once for
 * each who receives it; a join counts for the list of members too. Sums that fade are enough: nothing is kept a message.
 */
export class Fanout {
  readonly #limits: FanoutLimits

  constructor(limits: FanoutLimits) {
    this.#limits = limits
  }

  /** Whether a peer has to wait before it causes more. What exceeds the bound is the last thing carried out. */
  exceeded({ bytesIn, bytesOut }: Session): boolean {
    return bytesOut > bytesIn * this.#limits.amplification + this.#limits.amplificationBytes
  }

  /** Throws the refusal of a peer that has to wait. */
  check(session: Session): void {
    if (this.exceeded(session)) throw this.refusal(session)
  }

  refusal({ bytesIn, bytesOut }: Session): SignalError {
    const { amplification, amplificationBytes } = this.#limits
    const excess = (bytesOut - bytesIn * amplification) / amplificationBytes
    return new SignalError('E_FANOUT', undefined, WINDOW_MS * Math.log(excess))
  }

  /** Lets so much time pass for a peer. */
  fade(session: Session, ms: number): void {
    const rest = Math.exp(-ms / WINDOW_MS)
    session.bytesIn *= rest
    session.bytesOut *= rest
  }
}
