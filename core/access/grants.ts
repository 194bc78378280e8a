import type { Grants } from '../contracts/auth.js'
import { RIGHTS } from '../engine/engine.js'
import { matchesRoom } from '../rooms/room-pattern.js'

/** Whether the grants admit to a room: no list admits to all. */
export function mayJoin({ join, rooms }: Grants, room: string): boolean {
  return join !== false && (rooms === undefined || rooms.some((pattern) => matchesRoom(pattern, room)))
}

/** What a member with these grants may send, as bits of `RIGHTS`. Who is hidden needs to be granted it expressly. */
export function rightsOf({ hidden = false, signal = !hidden, publish = !hidden }: Grants): number {
  return (signal ? RIGHTS.signal : 0) | (publish ? RIGHTS.publish : 0)
}
