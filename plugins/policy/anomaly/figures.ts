/**
 * What is watched of a principal or an address, in windows of ten seconds. Below `quiet` a figure never alarms, whatever
 * is customary; above `loud` it always does, so that nobody can get the server used to anything.
 */

import type { ErrorCode } from '../../../core/api.js'

export interface Figure {
  readonly name: string
  readonly quiet: number
  readonly loud: number
  /** Counted as it is; otherwise for each connection, since many people may share an address or a name. */
  readonly absolute?: true
}

export const WINDOW_MS = 10_000

export const FIGURES = [
  { name: 'messages', quiet: 5000, loud: 100_000 },
  { name: 'deliveries', quiet: 50_000, loud: 5_000_000 },
  { name: 'candidates', quiet: 2000, loud: 20_000 },
  { name: 'joins', quiet: 100, loud: 1000 },
  { name: 'percent refused', quiet: 60, loud: 95, absolute: true },
  { name: 'malformed messages', quiet: 40, loud: 400 },
  { name: 'messages to nobody', quiet: 300, loud: 3000 },
  { name: 'attempts to connect', quiet: 50, loud: 500 },
  { name: 'wrong tokens', quiet: 30, loud: 300, absolute: true },
  { name: 'wrong tickets', quiet: 20, loud: 200 },
  { name: 'connections in no room', quiet: 500, loud: 5000, absolute: true },
] as const satisfies readonly Figure[]

/** Figures by name, as the numbers that the counters know them by. */
export const MESSAGES = 0
export const DELIVERIES = 1
export const CANDIDATES = 2
export const JOINS = 3
export const PERCENT_REFUSED = 4
export const MALFORMED = 5
export const TO_NOBODY = 6
export const ATTEMPTS = 7
export const WRONG_TOKENS = 8
export const WRONG_TICKETS = 9
export const IDLE = 10

/** What a refusal counts as, besides as a refusal. What isn't here says nothing about who was refused. */
const FIGURE_OF_CODE: Partial<Record<ErrorCode, number>> = {
  E_TOO_LARGE: MALFORMED,
  E_UTF8: MALFORMED,
  E_JSON: MALFORMED,
  E_NESTING: MALFORMED,
  E_ENVELOPE: MALFORMED,
  E_TYPE: MALFORMED,
  E_FIELD: MALFORMED,
  E_ROOM_NAME: MALFORMED,
  E_ORDER: MALFORMED,
  E_FRAME: MALFORMED,
  E_BINARY: MALFORMED,
  E_NO_PEER: TO_NOBODY,
  E_NOT_JOINED: TO_NOBODY,
  E_FORBIDDEN: JOINS,
  E_ROOMS: JOINS,
  E_ROOM_FULL: JOINS,
  E_AUTH: WRONG_TOKENS,
  E_EXPIRED: WRONG_TOKENS,
  E_RESUME: WRONG_TICKETS,
}

/** The figure that a refusal belongs to; undefined for those that are somebody else's doing, such as E_BUSY. */
export const figureOf = (code: ErrorCode): number | undefined => FIGURE_OF_CODE[code]
