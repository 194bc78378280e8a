import type { Room } from '../../rooms/room.js'
import type { Link } from '../links/link.js'

/**
 * Stands before the outbox of a session that is on its way from one node to another: of what each other node sends to
 * a room, one part is for the old node to deliver and the rest for the new one. What members of this node send isn't
 * asked about.
 */
export interface Gate {
  /** While the session comes here, the node that has it still, and is given too what is sent to the session alone. */
  readonly former: Link | undefined
  /** Whether a frame that came over a link goes into the outbox; `position` is where it lies in the log. */
  passes(link: Link, room: Room, position: number): boolean
  /** A message of the session has been acknowledged. */
  settled(): void
  /** The session is about to end here. */
  broken(): void
}
