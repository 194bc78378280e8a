import type { Link } from '../links/link.js'
import type { Introduction } from './presence-records.js'

/** A member of a room that is connected to another node. */
export interface RemoteMember extends Introduction {
  /** Where its node is. */
  link: Link
  /** The move that brought it there, until that node says itself that it has the member; see `moveOf`. */
  move?: string | undefined
  /** The node that has it while it moves, as far as is known: what is for the member alone is sent there too. */
  former?: Link | undefined
  data: string
  stamp: number
  away: boolean
}
