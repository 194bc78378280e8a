import type { NodeLoad } from '../cluster.js'
import type { Mail } from '../wire/mail.js'
import { encodeHeartbeat, KIND, MAX_INHERITED } from '../wire/wire.js'

export interface PulseParts {
  readonly mail: Pick<Mail, 'say'>
  /** The topic of all nodes. */
  readonly topic: string
  readonly name: string
  readonly region?: string
  readonly url?: string
  readonly everyMs: number
}

/** What this node says of itself, again and again. */
export class Pulse {
  readonly #parts: PulseParts
  #load: NodeLoad = { load: 0, peers: 0, draining: false }
  #inherited: readonly string[] = []
  #sinceMs = 0

  constructor(parts: PulseParts) {
    this.#parts = parts
  }

  /** What is said from now on; true when the others should know at once. */
  report(load: NodeLoad): boolean {
    const isNews = load.draining !== this.#load.draining
    this.#load = load
    return isNews
  }

  get inherited(): readonly string[] {
    return this.#inherited
  }

  /** What is inherited, and said from now on; the latest stand first, and the oldest of too many are left out. */
  inherit(incarnations: readonly string[]): void {
    this.#inherited = incarnations.slice(0, MAX_INHERITED)
  }

  /** Time goes by; says it when it is time. */
  tick(elapsedMs: number): void {
    this.#sinceMs += elapsedMs
    if (this.#sinceMs >= this.#parts.everyMs) this.beat()
  }

  /** Says it to all. `asks`: those who hear it are to say the same of themselves. */
  beat(asks = false): void {
    this.#sinceMs = 0
    this.tell(this.#parts.topic, asks)
  }

  /** Says it on any topic. */
  tell(topic: string, asks = false): void {
    const { mail, name } = this.#parts
    mail.say(
      topic,
      KIND.heartbeat,
      encodeHeartbeat(name, this.#parts, { ...this.#load, inherited: this.#inherited }, asks),
    )
  }
}
