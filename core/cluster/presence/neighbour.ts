import type { Room } from '../../rooms/room.js'
import type { Membership } from '../../sessions/session.js'
import type { Link } from '../links/link.js'
import { RecordWriter } from '../wire/record-writer.js'
import type { Sight } from './abroad.js'
import { PRESENCE, writeJoin, writeNumber, writeSync } from './presence-records.js'
import { Share } from './share.js'

/** So much about members is on its way to a node at a time: a large room doesn't fill the link. */
const UNDER_WAY_BYTES = 1024 * 1024

/** Members of a room that a node is still to be told of. */
interface Introductions {
  readonly share: Share
  readonly members: readonly Membership[]
  next: number
}

/** Another node, for as long as the link to it is up: what it is told of rooms, and what it has told. */
export class Neighbour {
  readonly link: Link
  /** By the numbers that this node has given to rooms. */
  readonly shares = new Map<number, Share>()
  /** By the numbers that the other one has given. */
  readonly sights = new Map<number, Sight>()
  readonly #shared: (share: Share) => void
  readonly #told: (share: Share) => void
  readonly #writer = new RecordWriter()
  readonly #introductions: Introductions[] = []
  #lastNumber = 0
  #underWayBytes = 0
  /** The batch that holds the last of those bytes. */
  #underWayEnd = 0

  /** `shared` is told of every room that begins to be shared, `told` when all its members have been told. */
  constructor(link: Link, shared: (share: Share) => void, told: (share: Share) => void = () => {}) {
    this.link = link
    this.#shared = shared
    this.#told = told
  }

  /** Tells of a room from now on: at once of the room itself, soon of all its members. Does nothing when it does already. */
  share(room: Room): Share {
    const { link } = this
    const { shares } = room.abroad!
    const known = shares.find((one) => one.link === link)
    if (known !== undefined) return known
    const share = new Share(link, room, ++this.#lastNumber)
    shares.push(share)
    this.shares.set(share.number, share)
    link.send(PRESENCE.sync, writeSync(this.#writer, share))
    this.#shared(share)
    this.#introductions.push({ share, members: [...room.members], next: 0 })
    this.introduce()
    return share
  }

  /** Tells nothing more of a room. */
  unshare(share: Share): void {
    const { shares } = share.room.abroad!
    shares.splice(shares.indexOf(share), 1)
    this.shares.delete(share.number)
    share.isOpen = false
  }

  /** Goes on telling of members, as far as what was told before has arrived. */
  introduce(): void {
    const { link } = this
    if (link.confirmed >= this.#underWayEnd) this.#underWayBytes = 0
    let first = this.#introductions[0]
    while (first !== undefined && this.#underWayBytes < UNDER_WAY_BYTES) {
      const { share, members } = first
      const member = share.isOpen ? members[first.next++] : undefined
      if (member === undefined) {
        this.#introductions.shift()
        if (share.isOpen) this.#end(share)
        first = this.#introductions[0]
      } else if (isIntroduced(member) && isStillThere(member)) {
        const record = writeJoin(this.#writer, share.number, member)
        link.send(PRESENCE.join, record)
        this.#underWayBytes += record.length
        this.#underWayEnd = link.position
      }
    }
  }

  #end(share: Share): void {
    this.link.send(PRESENCE.synced, writeNumber(this.#writer, share.number))
    share.isTold = true
    this.#told(share)
  }
}

/** One that is on its way here from another node is told of when it has arrived. */
export const isIntroduced = ({ hidden, session }: Membership): boolean =>
  !hidden && session.gate?.former === undefined

const isStillThere = (member: Membership): boolean => member.room.members[member.position] === member
