/** What operators do by hand: `POST /kick` and `POST /revoke` on the admin listener. */

import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { SignalError } from '../errors.js'
import type { AdminListener } from './admin.js'

/** A year: longer than any token should live. */
const MAX_SECONDS = 366 * 24 * 3600
const MAX_REASON_LENGTH = 200
const reason = Type.Optional(Type.String({ maxLength: MAX_REASON_LENGTH }))
const name = Type.String({ minLength: 1, maxLength: 256 })

const KICK = Type.Object({ peer: Type.Optional(name), principal: Type.Optional(name), reason })
const REVOKE = Type.Object({
  principal: name,
  seconds: Type.Integer({ minimum: 0, maximum: MAX_SECONDS }),
  reason,
})

/** Who is meant: a peer by its id, or all sessions of a principal. */
export type Target = { readonly peer: string } | { readonly principal: string }

/** The hub's part. */
export interface Kicker {
  /** Ends sessions with E_KICKED, and says how many. */
  kick(target: Target, reason: string): number
}

/** What came of an order. */
export interface Done {
  /** Sessions that were ended, on all nodes. */
  readonly kicked: number
  /** Nodes that are alive and haven't said in time what they did, by name; absent when there are none. */
  readonly unheard?: readonly string[]
}

/** Who carries out what operators order. */
export interface Authority {
  kick(target: Target, reason: string): Done | Promise<Done>
  /** Ends the sessions of a principal and keeps it out for so long; 0: lets it in again. */
  revoke(principal: string, forMs: number, reason: string): Done | Promise<Done>
}

export function mountOperations(admin: AdminListener, authority: Authority): void {
  admin.mountAction('/kick', (body) => {
    const { peer, principal, reason: why = 'an operator' } = checked(KICK, body)
    if ((peer === undefined) === (principal === undefined)) {
      throw new SignalError('E_BODY', 'name either a peer or a principal')
    }
    return authority.kick(peer === undefined ? { principal: principal! } : { peer }, why)
  })

  admin.mountAction('/revoke', (body) => {
    const { principal, seconds, reason: why = 'an operator' } = checked(REVOKE, body)
    return authority.revoke(principal, seconds * 1000, why)
  })
}

/** Strict: a key that is misspelt would do something else than was meant. */
function checked<S extends TSchema>(schema: S, body: unknown): Static<S> {
  const strict = { ...schema, additionalProperties: false }
  if (Value.Check(strict, body)) return body as Static<S>
  const [error] = Value.Errors(strict, body)
  throw new SignalError('E_BODY', `the body is wrong: ${error?.instancePath || 'it'} ${error?.message}`)
}
