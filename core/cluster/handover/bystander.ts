import type { RoomTable } from '../../rooms/room-table.js'
import type { Cluster } from '../cluster.js'
import type { Link } from '../links/link.js'
import type { Presence } from '../presence/presence.js'
import { BadRecord } from '../wire/records.js'
import { HANDOVER, moveOf, type Passage, passageRecord, type readMoving } from './handover-records.js'
import { rehome, staysWith } from './rehoming.js'
import type { Switches } from './switches.js'

export interface BystanderParts {
  readonly cluster: Pick<Cluster, 'incarnation' | 'link'>
  readonly presence: Pick<Presence, 'share' | 'gone'>
  readonly table: RoomTable
  readonly switches: Switches
}

/** What a node does that shares rooms with a session which moves from one other node to another. */
export class Bystander {
  readonly #parts: BystanderParts

  constructor(parts: BystanderParts) {
    this.#parts = parts
  }

  /** From now on the member is reached at another node: as soon as that and this one know of each other's members. */
  moving(from: Link, { passage, to }: ReturnType<typeof readMoving>): void {
    const { cluster, presence, table, switches } = this.#parts
    if (to === cluster.incarnation || to === from.node.incarnation) {
      throw new BadRecord('a session that moves to where nobody would ask about it')
    }
    const attempt = () => {
      const link = cluster.link(to)
      if (link?.isUp !== true) return false
      const rooms = passage.rooms.flatMap((name) => table.find(name) ?? [])
      const shares = rooms.map((room) => presence.share(room, link))
      const isReady = shares.every(({ isTold, room }) => isTold && room.abroad!.sights.has(link))
      if (!isReady) return false
      for (const room of rooms) rehome(room, passage, link, from)
      const record = passageRecord(passage)
      link.send(HANDOVER.switched, record)
      from.send(HANDOVER.switched, record)
      return true
    }
    switches.add({ link: from, move: passage.move, attempt })
  }

  /** It stays where it was. */
  stays(link: Link, passage: Passage): void {
    const { switches, table } = this.#parts
    switches.cancel(link, passage.move)
    for (const name of passage.rooms) {
      const room = table.find(name)
      if (room !== undefined) staysWith(room, passage, link)
    }
  }

  /** Its former node has it no more. */
  gone(link: Link, passage: Passage): void {
    const { table, presence } = this.#parts
    for (const name of passage.rooms) {
      const room = table.find(name)
      if (room !== undefined) presence.gone(room, passage.id, moveOf(passage), link)
    }
  }
}
