import { check } from './checker.js'
import type { FaultKind } from './history.js'
import type { Counted, Entry, Log, Outage, Sent } from './log.js'

/** Writes logs by hand: each call is one millisecond later than the one before. */
export class Forger implements Log {
  static now = 0
  readonly entries: Entry[] = []
  #id = 0
  #peer = ''
  #node = ''

  constructor(readonly client: string) {}

  welcome(peer: string, node = this.#node): this {
    this.#peer = peer
    this.#node = node
    this.#id = 0
    return this.#write({ what: 'welcome', peer, resumed: false, lastId: 0, node })
  }

  resumed(lastId: number, peer = this.#peer, node = this.#node): this {
    this.#node = node
    return this.#write({ what: 'welcome', peer, resumed: true, lastId, node }).acked(lastId, true)
  }

  /** Sends the next message, its mark made up of the peer and the id. */
  sends(kind: Sent['kind'], to?: string, room = 'r'): this {
    const id = ++this.#id
    const message = {
      kind,
      room,
      ...(to === undefined ? {} : { to }),
      mark: `${this.#peer} ${id} x`,
    } as unknown as Sent
    return this.#write({ what: 'sent', id, message })
  }

  acked(id = this.#id, resume = false): this {
    return this.#write({ what: 'acked', id, resume })
  }

  refused(id = this.#id): this {
    return this.#write({ what: 'refused', id, code: 'E_NO_PEER' })
  }

  joined(id: number, ...members: string[]): this {
    const known = members.map((mark) => ({ peer: mark.split(' ')[0]!, mark: `${mark} x` }))
    return this.got({ kind: 'joined', room: 'r', id, members: known })
  }

  /** A frame with the mark `PEER ID`. */
  hears(kind: 'peer-joined' | 'publish' | 'update' | 'signal', mark: string, over: object = {}): this {
    return this.got({ kind, room: 'r', from: mark.split(' ')[0], mark: `${mark} x`, ...over } as Counted)
  }

  left(from: string): this {
    return this.got({ kind: 'peer-left', room: 'r', from })
  }

  ended(): this {
    return this.#write({ what: 'ended' })
  }

  got(frame: Counted): this {
    return this.#write({ what: 'received', frame })
  }

  #write(entry: Entry extends infer E ? (E extends Entry ? Omit<E, 'at'> : never) : never): this {
    this.entries.push({ at: ++Forger.now, ...entry } as Entry)
    return this
  }
}

/** Ada is in the room, Ben joins; each knows of the other. */
export function couple() {
  const ada = new Forger('ada').welcome('A').sends('join').joined(1).acked()
  const ben = new Forger('ben').welcome('B').sends('join').joined(1, 'A 1').acked()
  ada.hears('peer-joined', 'B 1')
  return { ada, ben }
}

/** A third member, whom both others have met. */
export function trio() {
  const { ada, ben } = couple()
  const cid = new Forger('cid').welcome('C').sends('join').joined(1, 'A 1', 'B 1').acked()
  ada.hears('peer-joined', 'C 1')
  ben.hears('peer-joined', 'C 1')
  return { ada, ben, cid }
}

/** The kinds of fault that are found. */
export function kinds(logs: readonly Log[], outages: readonly Outage[] = []): FaultKind[] {
  const { counts } = check(logs, outages)
  return (Object.keys(counts) as FaultKind[]).filter((kind) => counts[kind] > 0)
}
