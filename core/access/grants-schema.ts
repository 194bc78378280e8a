/** Grants as they arrive from outside: in the options of an auth plugin, in a claim, in a webhook's answer. */

import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Grants } from '../contracts/auth.js'

/** The shape of `Grants`, for options. Strict: a misspelt key would otherwise grant what it meant to take away. */
export const GRANTS_SCHEMA = Type.Object(
  {
    rooms: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'rooms that may be joined: exact names, or prefixes that end in `*`; absent: every room',
      }),
    ),
    join: Type.Optional(Type.Boolean({ description: 'may join rooms at all; absent: yes' })),
    signal: Type.Optional(
      Type.Boolean({
        description: 'may send offer, answer, candidate and signal; absent: yes, unless hidden',
      }),
    ),
    publish: Type.Optional(Type.Boolean({ description: 'may send publish; absent: yes, unless hidden' })),
    moderate: Type.Optional(
      Type.Boolean({ description: 'may remove members, lock rooms and admit who waits; absent: no' }),
    ),
    hidden: Type.Optional(
      Type.Boolean({ description: 'receives without being introduced to the others; absent: no' }),
    ),
  },
  { additionalProperties: false },
)

/** `value` as grants; undefined when it has any other shape. */
export function readGrants(value: unknown): Grants | undefined {
  return Value.Check(GRANTS_SCHEMA, value) ? (value as Grants) : undefined
}
