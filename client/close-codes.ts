/** What a close code, or a refusal, means for a client: come back, or stay away and say why. */

import { FIRST_FINAL_CLOSE_CODE } from '../core/protocol.js'
import { SignalboxError } from './errors.js'

/** RFC 6455 section 7.4.1: what we sent, or how, was wrong; sending it again can't help. */
const FINAL_STANDARD_CODES: Readonly<Record<number, string>> = {
  1002: 'E_PROTOCOL',
  1003: 'E_BINARY',
  1007: 'E_UTF8',
  1009: 'E_TOO_LARGE',
}
const FINAL_SERVER_CODES: Readonly<Record<number, string>> = {
  4501: 'E_AUTH',
  4502: 'E_EXPIRED',
  4503: 'E_TAKEN_OVER',
  4504: 'E_KICKED',
  4505: 'E_BANNED',
}
/** Refusals of a join that time may mend. */
const PASSING: readonly string[] = [
  'E_ROOMS',
  'E_ROOM_FULL',
  'E_DUPLICATE',
  'E_RATE',
  'E_BUSY',
  'E_TIMEOUT',
  'E_INTERNAL',
  'E_ENGINE',
  'E_GOING_AWAY',
]

/** Whether a connection that ended with this code should be made again. */
export function invitesReconnect(code: number): boolean {
  return code < FIRST_FINAL_CLOSE_CODE && FINAL_STANDARD_CODES[code] === undefined
}

/** Whether a room that we were in should be asked for again after this refusal. */
export function invitesRejoin(code: string): boolean {
  return PASSING.includes(code)
}

/** Why a connection ended; `told` is the last error that the server sent on it, which knows best. */
export function errorOfClose(
  code: number,
  reason: string,
  told: SignalboxError | undefined,
  welcomed: boolean,
): SignalboxError {
  if (told) return told
  if (!welcomed && code === 1006) {
    return new SignalboxError(
      'E_UNREACHABLE',
      'the server could not be reached, or it refuses this address or web origin',
    )
  }
  const known = FINAL_STANDARD_CODES[code] ?? FINAL_SERVER_CODES[code]
  const because = reason === '' ? '' : `: ${reason}`
  if (known !== undefined)
    return new SignalboxError(known, `the server ended the connection (${code})${because}`)
  return new SignalboxError('E_DISCONNECTED', `the connection to the server was lost (${code})${because}`)
}
