import type { Link } from './link.js'
import type { Introduction } from './presence-records.js'

/** A member of a room that is connected to another node. */
export interface RemoteMember extends Introduction {
  /** Where its node is. */
  link: Link
  data: string
  stamp: number
  away: boolean
}
