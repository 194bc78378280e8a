import type { Door } from '../protocol.js'
import { matchesRoom } from './room-pattern.js'

/** What holds for a room. */
export interface RoomRule {
  /** Members that it takes, those who are hidden included. */
  readonly capacity: number
  /** How its door stands when the first member comes. */
  readonly door: Door
  /** How long somebody waits to be admitted, milliseconds. */
  readonly lobbyMs: number
  /** How many wait at a time. */
  readonly lobbySize: number
  /** What becomes of a join by a principal that is in the room already: refused, the old one leaves, or both stay. */
  readonly duplicates: 'allow' | 'reject' | 'replace'
}

/** As the config has it: the default capacity is that of `limits.membersPerRoom`. */
export type RoomEntry = Omit<RoomRule, 'capacity'> & { readonly match: string; readonly capacity?: number }

const DEFAULT: Omit<RoomRule, 'capacity'> = {
  door: 'open',
  lobbyMs: 60_000,
  lobbySize: 100,
  duplicates: 'allow',
}

/** Which rule holds for which room: the first whose pattern matches. */
export class RoomRules {
  readonly #entries: readonly { match: string; rule: RoomRule }[]

  constructor(entries: readonly RoomEntry[], membersPerRoom: number) {
    this.#entries = [...entries, { match: '*', ...DEFAULT }].map(({ match, ...rule }) => ({
      match,
      rule: { ...rule, capacity: Math.min(rule.capacity ?? membersPerRoom, membersPerRoom) },
    }))
  }

  of(room: string): RoomRule {
    return this.#entries.find(({ match }) => matchesRoom(match, room))!.rule
  }
}
