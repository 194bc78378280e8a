/** The verdicts of the error table, as constants. */

import { ERRORS, type ErrorCode } from '../../errors.js'

function verdictOf(code: ErrorCode): number {
  const { verdict } = ERRORS[code]
  if (verdict === undefined) throw new Error(`${code} is not a verdict of an engine`)
  return verdict
}

export const E_TOO_LARGE = verdictOf('E_TOO_LARGE')
export const E_UTF8 = verdictOf('E_UTF8')
export const E_JSON = verdictOf('E_JSON')
export const E_NESTING = verdictOf('E_NESTING')
export const E_ENVELOPE = verdictOf('E_ENVELOPE')
export const E_TYPE = verdictOf('E_TYPE')
export const E_FIELD = verdictOf('E_FIELD')
export const E_ROOM_NAME = verdictOf('E_ROOM_NAME')
export const E_NOT_JOINED = verdictOf('E_NOT_JOINED')
export const E_FORBIDDEN = verdictOf('E_FORBIDDEN')
export const E_NO_PEER = verdictOf('E_NO_PEER')
