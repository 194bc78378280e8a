/** Who has to leave a room that can't hold all who joined it on several nodes: every node comes to the same answer. */

import type { Room } from '../../rooms/room.js'
import type { RoomRule } from '../../rooms/room-rules.js'
import type { Membership } from '../../sessions/session.js'
import { isLater, type Ranked } from './stamps.js'

interface Twin extends Ranked {
  readonly away: boolean
}

/**
 * Of two members that are one principal the one that has to go, where the room wants each but once: the first, where it
 * is to be replaced or has no socket; else the later.
 */
export function loserOf<A extends Twin, B extends Twin>(
  one: A,
  other: B,
  rule: RoomRule['duplicates'],
): A | B {
  const [first, later] = isLater(one, other) ? [other, one] : [one, other]
  return rule === 'replace' || first.away ? first : later
}

/** The members here of a room that holds more than it may, who have come last: as many as it is too many, at most. */
export function excess({ members, abroad, size, rule }: Room): Membership[] {
  const tooMany = size - rule.capacity
  if (tooMany <= 0) return []
  const last = [...members, ...abroad!.members.values()]
    .sort((one, other) => (isLater(one, other) ? -1 : 1))
    .slice(0, tooMany)
  const here: ReadonlySet<Ranked> = new Set(last)
  return members.filter((member) => here.has(member))
}
