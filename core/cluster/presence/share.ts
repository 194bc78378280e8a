import type { Room } from '../../rooms/room.js'
import type { Link } from '../links/link.js'

/** What this node tells another one of a room, from `sync` on until one of the two has no members there any more. */
export class Share {
  readonly link: Link
  readonly room: Room
  /** What the room is called on this link; never used again for another one. */
  readonly number: number
  /** The number as records begin with it. */
  readonly head: Buffer
  isOpen = true
  /** Whether the other node has been told of all who were members when this began. */
  isTold = false

  constructor(link: Link, room: Room, number: number) {
    this.link = link
    this.room = room
    this.number = number
    this.head = Buffer.alloc(4)
    this.head.writeUInt32BE(number)
  }
}
