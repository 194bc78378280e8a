import type { Clock } from '../clock.js'
import { addressKey } from '../http/networks.js'

/** What a ban is about: an IP address (IPv6: its /64), or a principal. */
export type BanKind = 'address' | 'principal'

export interface Ban {
  readonly kind: BanKind
  /** The address or its network, or the principal's id. */
  readonly name: string
  /** How long from now, milliseconds. */
  readonly forMs: number
  /** For the log and for observers, never for the client. */
  readonly why: string
}

/** Who may not come in for a while. */
export interface BanList {
  /**
   * Keeps somebody out for so long, and ends the connections they have, soon. A longer ban that is there already
   * stays. At most 65,536 of each kind are kept: beyond that, the oldest are forgotten.
   */
  ban(ban: Ban): void
  /** How much of a ban is left, milliseconds; 0 when there is none. */
  leftMs(kind: BanKind, name: string): number
  /** Ends a ban early. */
  lift(kind: BanKind, name: string): void
}

const CAPACITY = 65_536

export class Bans implements BanList {
  readonly #clock: Clock
  readonly #told: (ban: Ban) => void
  /** When each ends, `Clock.monotonic`; in the order in which they were pronounced. */
  readonly #until: Readonly<Record<BanKind, Map<string, number>>> = {
    address: new Map(),
    principal: new Map(),
  }

  /** `told` hears of every ban. */
  constructor(clock: Clock, told: (ban: Ban) => void) {
    this.#clock = clock
    this.#told = told
  }

  ban(ban: Ban): void {
    const key = keyOf(ban.kind, ban.name)
    const table = this.#until[ban.kind]
    const now = this.#clock.monotonic()
    const until = Math.max(table.get(key) ?? 0, now + ban.forMs)
    table.delete(key)
    table.set(key, until)
    forget(table, now)
    this.#told({ ...ban, name: key })
  }

  leftMs(kind: BanKind, name: string): number {
    const table = this.#until[kind]
    if (table.size === 0) return 0
    const until = table.get(keyOf(kind, name))
    return until === undefined ? 0 : Math.max(0, until - this.#clock.monotonic())
  }

  lift(kind: BanKind, name: string): void {
    this.#until[kind].delete(keyOf(kind, name))
  }
}

const keyOf = (kind: BanKind, name: string): string => (kind === 'address' ? addressKey(name) : name)

/** Drops what is over from the front, and the oldest where there are too many. */
function forget(table: Map<string, number>, now: number): void {
  for (const [key, until] of table) {
    if (until > now && table.size <= CAPACITY) return
    table.delete(key)
  }
}
