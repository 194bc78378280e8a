import type { Grants } from './contracts/auth.js'
import { RIGHTS } from './engine/engine.js'

/** Whether the grants admit to a room: no list admits to all, a pattern is exact, or a prefix when it ends in `*`. */
export function mayJoin(grants: Grants, room: string): boolean {
  return grants.rooms === undefined || grants.rooms.some((pattern) => matches(pattern, room))
}

/** What a member with these grants may send, as bits of `RIGHTS`. */
export function rightsOf(grants: Grants): number {
  return (grants.signal === false ? 0 : RIGHTS.signal) | (grants.publish === false ? 0 : RIGHTS.publish)
}

function matches(pattern: string, room: string): boolean {
  return pattern.endsWith('*') ? room.startsWith(pattern.slice(0, -1)) : room === pattern
}
