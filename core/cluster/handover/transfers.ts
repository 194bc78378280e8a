import type { Link } from '../links/link.js'
import { HANDOVER, pieceHead } from './handover-records.js'

const PIECE_BYTES = 64 * 1024
/** What may be under way on one link without being confirmed: many sessions at once don't fill it. */
const WINDOW_BYTES = 2 * 1024 * 1024

interface Piece {
  readonly move: number
  readonly bytes: Buffer
  readonly isLast: boolean
}

/** Sends sessions in pieces, so many at a time that what else goes over the links isn't held up for long. */
export class Transfers {
  readonly #byLink = new Map<Link, { waiting: Piece[]; sent: { position: number; bytes: number }[] }>()

  /** Whether all that was sent has arrived, or never will. */
  get isIdle(): boolean {
    return this.#byLink.size === 0
  }

  /** Takes the bytes over. */
  send(link: Link, move: number, bytes: Buffer): void {
    const lane = this.#byLink.get(link) ?? { waiting: [], sent: [] }
    this.#byLink.set(link, lane)
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const isLast = at + PIECE_BYTES >= bytes.length
      lane.waiting.push({ move, bytes: bytes.subarray(at, at + PIECE_BYTES), isLast })
    }
    this.confirmed(link)
  }

  /** The other node has handled more: more may follow. */
  confirmed(link: Link): void {
    const lane = this.#byLink.get(link)
    if (lane === undefined) return
    while (lane.sent.length > 0 && lane.sent[0]!.position <= link.confirmed) lane.sent.shift()
    let underWay = lane.sent.reduce((sum, { bytes }) => sum + bytes, 0)
    while (underWay < WINDOW_BYTES && lane.waiting.length > 0) {
      const { move, bytes, isLast } = lane.waiting.shift()!
      link.send(HANDOVER.session, pieceHead(move, isLast), bytes)
      lane.sent.push({ position: link.position, bytes: bytes.length })
      underWay += bytes.length
    }
    if (lane.waiting.length === 0 && lane.sent.length === 0) this.#byLink.delete(link)
  }

  /** What was on its way over it is lost. */
  down(link: Link): void {
    this.#byLink.delete(link)
  }
}
