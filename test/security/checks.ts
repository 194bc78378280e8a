/** Every security check, in the order of its number. A new one is an entry in one of these groups, and nothing else. */

import type { Check, Group } from './check.js'
import { framing } from './checks/framing.js'
import { frontDoor } from './checks/front-door.js'
import { limits } from './checks/limits.js'
import { messages } from './checks/messages.js'
import { operators } from './checks/operators.js'
import { rooms } from './checks/rooms.js'
import { sealing } from './checks/sealing.js'
import { secrets } from './checks/secrets.js'
import { tls } from './checks/tls.js'

export const GROUPS: readonly Group[] = [
  frontDoor,
  tls,
  secrets,
  framing,
  messages,
  rooms,
  limits,
  operators,
  sealing,
]

/** Numbered from 1 on, through all groups. */
export const CHECKS: readonly (Check & { readonly number: number; readonly group: string })[] =
  GROUPS.flatMap(({ title, checks }) => checks.map((check) => ({ ...check, group: title }))).map(
    (check, i) => ({ ...check, number: i + 1 }),
  )
