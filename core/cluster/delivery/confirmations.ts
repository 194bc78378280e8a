import { SignalError } from '../../errors.js'
import type { Session } from '../../sessions/session.js'
import type { Link } from '../links/link.js'
import { Unconfirmed } from './unconfirmed.js'

/** As many entries in front are forgotten together. */
const FORGET = 1024

/** Messages that wait for one link, in the order in which they went: bounded by the bytes that a link may hold. */
class Waiting {
  readonly link: Link
  sessions: Session[] = []
  /** The id of each message; negative: it is for one peer alone. */
  ids: number[] = []
  positions: number[] = []
  head = 0

  constructor(link: Link) {
    this.link = link
  }

  get isEmpty(): boolean {
    return this.head === this.ids.length
  }

  /** Forgets what was dealt with. */
  forget(): void {
    if (!this.isEmpty && (this.head < FORGET || this.head * 2 < this.ids.length)) return
    this.sessions = this.sessions.slice(this.head)
    this.ids = this.ids.slice(this.head)
    this.positions = this.positions.slice(this.head)
    this.head = 0
  }
}

/** Refuses a message that was taken before, and that its recipient never got. */
type Refuse = (session: Session, id: number, error: SignalError) => void

/**
 * Acknowledgements of messages that went to other nodes: a client is told that a message is dealt with when every node
 * concerned has handled it, in the order of its messages.
 */
export class Confirmations {
  readonly #refuse: Refuse
  readonly #waiting = new Map<Link, Waiting>()

  constructor(refuse: Refuse) {
    this.#refuse = refuse
  }

  /** Message `id` has just gone over a link, to one peer (`direct`) or to all. */
  await(session: Session, id: number, link: Link, direct: boolean): void {
    session.unconfirmed ??= new Unconfirmed()
    session.unconfirmed.add(id)
    const waiting = this.#waiting.get(link) ?? this.#begin(link)
    waiting.sessions.push(session)
    waiting.ids.push(direct ? -id : id)
    waiting.positions.push(link.position)
  }

  /** The other end of a link has handled more. */
  confirmed(link: Link): void {
    const waiting = this.#waiting.get(link)
    if (waiting === undefined) return
    const { positions } = waiting
    const { confirmed } = link
    while (!waiting.isEmpty && positions[waiting.head]! <= confirmed) {
      const at = waiting.head++
      this.#confirm(waiting.sessions[at]!, Math.abs(waiting.ids[at]!))
    }
    waiting.forget()
  }

  /**
   * Nobody knows what became of the rest. Those whom it was for have left; a message to one of them is refused as if it
   * had been sent only now.
   */
  down(link: Link): void {
    const waiting = this.#waiting.get(link)
    if (waiting === undefined) return
    this.#waiting.delete(link)
    for (let at = waiting.head; at < waiting.ids.length; at++) {
      const session = waiting.sessions[at]!
      const id = Math.abs(waiting.ids[at]!)
      if (waiting.ids[at]! < 0 && session.open) this.#refuse(session, id, new SignalError('E_NO_PEER'))
      this.#confirm(session, id)
    }
  }

  #begin(link: Link): Waiting {
    const waiting = new Waiting(link)
    this.#waiting.set(link, waiting)
    return waiting
  }

  #confirm(session: Session, id: number): void {
    const isNews = session.unconfirmed!.confirm(id)
    if (!isNews || !session.open) return
    session.outbox.ack(session.ackedId)
    session.gate?.settled()
  }
}
