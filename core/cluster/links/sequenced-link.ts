/** A link above a bus that may lose, double and delay: docs/reference/cluster.md, "Links". */

import { type Batch, encodeBatch, endOfRecord, RECORD_HEADER_BYTES } from '../wire/batch.js'
import { encodePair, KIND, type Pair, type Wire } from '../wire/wire.js'
import type { FrameSource, Link, NodeInfo } from './link.js'
import { Outgoing } from './outgoing.js'
import { Patience } from './patience.js'

/** How often an end that opens says so. */
const OPEN_AGAIN_MS = 250
/** So much that was handled is confirmed with the tick; less waits a little for something that it can travel with. */
const CONFIRM_BYTES = 64 * 1024
const CONFIRM_WITHIN_MS = 3

/** What a link needs of those around it. */
export interface LinkParts {
  readonly wire: Wire
  /** Where the other node listens. */
  readonly inbox: string
  /** Unconfirmed bytes at which the link is given up. */
  readonly limitBytes: number
  /** A random id that isn't 0. */
  drawId(): number
  /** Milliseconds; never goes back. */
  now(): number
  /** Puts a message on the bus; false when it is away. */
  post(topic: string, message: Buffer): boolean
  /** Calls once this tick is over. */
  defer(run: () => void): void
  after(ms: number, run: () => void): void
  up(link: SequencedLink): void
  record(link: SequencedLink, type: number, body: Buffer): void
  confirmed(link: SequencedLink, position: number): void
  /** The link ends, on this end's account. */
  end(link: SequencedLink, reason: string): void
}

type Life = 'opening' | 'up' | 'over'

export class SequencedLink implements Link {
  readonly node: NodeInfo
  readonly #parts: LinkParts
  readonly #outgoing: Outgoing
  readonly #mine: number
  /** The other end's id; 0: not known yet. */
  #yours = 0
  #life: Life = 'opening'
  /** Time since the last `open`. */
  #waitedMs = 0
  readonly #patience = new Patience()
  /** Went back and has made no progress since. */
  #hasRewound = false
  /** The last batch that was handled. */
  #handled = 0
  #owesAck = false
  /** Bytes of records that were handled since the last acknowledgement. */
  #owedBytes = 0
  #sawGap = false
  #scheduled = false
  #promised = false

  constructor(node: NodeInfo, parts: LinkParts) {
    this.node = node
    this.#parts = parts
    this.#mine = parts.drawId()
    this.#outgoing = new Outgoing(parts.limitBytes)
  }

  get isUp(): boolean {
    return this.#life === 'up'
  }

  get position(): number {
    return this.#outgoing.position
  }

  get confirmed(): number {
    return this.#outgoing.confirmed
  }

  /** Bytes that the other node hasn't confirmed. */
  get unconfirmedBytes(): number {
    return this.#outgoing.bytes
  }

  /** How many batches were sent more than once. */
  get repeated(): number {
    return this.#outgoing.repeated
  }

  send(type: number, ...parts: readonly Uint8Array[]): void {
    if (this.#life !== 'up') return
    this.#outgoing.append(type, parts)
    this.#leaveSoon()
  }

  sendFrame(type: number, head: Uint8Array, engine: FrameSource): void {
    if (this.#life !== 'up') return
    this.#outgoing.appendFrame(type, head, engine)
    this.#leaveSoon()
  }

  /** Says that this end is here, and which one. */
  sayOpen(): void {
    this.#waitedMs = 0
    this.#post(KIND.open, { mine: this.#mine, yours: this.#yours })
  }

  /** Whether what the other node opens is another life than this one. */
  isReplacedBy({ mine, yours }: Pair): boolean {
    return this.#life === 'up' && mine !== this.#yours && (yours === 0 || yours === this.#mine)
  }

  /** The other node opens, or says which end it has. */
  opened({ mine, yours }: Pair): void {
    const wasUp = this.#life === 'up'
    const isShown = yours === this.#mine
    if (wasUp && !isShown && yours !== 0) {
      // It speaks of an end of the past. The present one alone ends the confusion, whoever of the two is late.
      this.#post(KIND.open, { mine: this.#mine, yours: 0 })
      return
    }
    this.#yours = mine
    if (isShown && !wasUp) this.#goUp()
    if (!isShown || !wasUp) this.sayOpen()
  }

  /** A batch for any end that this node has or had. */
  received(batch: Batch): void {
    const { pair } = batch
    if (pair.yours !== this.#mine || (this.#yours !== 0 && pair.mine !== this.#yours)) {
      this.#post(KIND.reset, { mine: pair.yours, yours: pair.mine })
      return
    }
    if (this.#life === 'opening') {
      this.#yours = pair.mine
      this.#goUp()
    }
    this.#hearAck(batch)
    if (batch.number !== 0 && this.#life === 'up') this.#take(batch)
  }

  /** Whether the other node has ended this very life. */
  isResetBy({ mine, yours }: Pair): boolean {
    return this.#life === 'up' && yours === this.#mine && mine === this.#yours
  }

  /** Time goes by, the bus being there. */
  tick(elapsedMs: number): void {
    if (this.#life === 'opening') {
      this.#waitedMs += elapsedMs
      if (this.#waitedMs >= OPEN_AGAIN_MS) this.sayOpen()
      return
    }
    if (!this.#outgoing.isAwaiting) {
      this.#patience.rest()
      this.#pump() // the bus may have been away for less than anybody noticed
    } else if (this.#patience.isOver(elapsedMs)) {
      this.#patience.repeated()
      this.#outgoing.probe()
      this.#pump()
    }
  }

  /** The bus is back: what it may have lost meanwhile is sent again. */
  recover(): void {
    this.#patience.renew()
    if (this.#life === 'opening') this.sayOpen()
    else this.#goBack()
  }

  /** Nothing is sent or handled any more. Tells the other node, so that it needn't find out. */
  over(): void {
    if (this.#life === 'up') this.#post(KIND.reset, { mine: this.#mine, yours: this.#yours })
    this.#life = 'over'
  }

  #goUp(): void {
    this.#life = 'up'
    this.#parts.up(this)
  }

  #hearAck({ ack, gap }: Batch): void {
    const outgoing = this.#outgoing
    const before = outgoing.confirmed
    if (!outgoing.confirm(ack)) {
      this.#parts.end(this, 'it confirms what was never sent')
      return
    }
    if (outgoing.confirmed > before) {
      this.#hasRewound = false
      this.#patience.rewarded(ack, this.#parts.now())
      this.#pump()
      this.#parts.confirmed(this, ack)
    } else if (gap && ack === before && !this.#hasRewound) {
      this.#goBack()
    }
  }

  #take({ number, records }: Batch): void {
    this.#owesAck = true
    if (number !== this.#handled + 1) {
      this.#sawGap ||= number > this.#handled
      this.#schedule() // the other node waits for a word
      return
    }
    this.#handled = number
    this.#owedBytes += records.length
    if (this.#owedBytes >= CONFIRM_BYTES) this.#schedule()
    else this.#promise()
    for (let at = 0; at < records.length && this.#life === 'up'; ) {
      const end = endOfRecord(records, at)
      this.#parts.record(this, records[at]!, records.subarray(at + RECORD_HEADER_BYTES, end))
      at = end
    }
  }

  #goBack(): void {
    this.#hasRewound = true
    this.#patience.repeated()
    this.#outgoing.rewind()
    this.#pump()
  }

  #leaveSoon(): void {
    if (this.#outgoing.isFull) this.#leave()
    else this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#parts.defer(this.#endOfTick)
  }

  readonly #endOfTick = (): void => {
    this.#scheduled = false
    if (this.#life !== 'up') return
    if (this.#outgoing.overflowed) {
      this.#parts.end(this, `more than ${this.#parts.limitBytes} bytes wait to be confirmed`)
    } else if (this.#outgoing.waits) {
      this.#leave()
    } else {
      this.#acknowledge()
    }
  }

  /** What is owed will be acknowledged soon, with what is sent meanwhile or alone. */
  #promise(): void {
    if (this.#promised) return
    this.#promised = true
    this.#parts.after(CONFIRM_WITHIN_MS, this.#keepPromise)
  }

  readonly #keepPromise = (): void => {
    this.#promised = false
    if (this.#life === 'up' && !this.#scheduled) this.#acknowledge()
  }

  #acknowledge(): void {
    if (this.#owesAck) this.#parts.post(this.#parts.inbox, this.#message(0, NO_RECORDS))
  }

  /** What waits becomes a batch, which leaves. */
  #leave(): void {
    const outgoing = this.#outgoing
    outgoing.seal(this.#make)
    this.#pump()
    if (outgoing.isPosted) this.#patience.posted(outgoing.position, this.#parts.now())
  }

  readonly #make = (number: number, records: Buffer): Buffer => this.#message(number, records)

  #message(number: number, records: Buffer): Buffer {
    const pair = { mine: this.#mine, yours: this.#yours }
    const header = { pair, number, ack: this.#handled, gap: this.#sawGap }
    this.#owesAck = false
    this.#owedBytes = 0
    this.#sawGap = false
    return encodeBatch(this.#parts.wire, this.#parts.inbox, header, records)
  }

  #pump(): void {
    this.#outgoing.pump(this.#carry)
  }

  readonly #carry = (message: Buffer): boolean => this.#parts.post(this.#parts.inbox, message)

  #post(kind: number, pair: Pair): void {
    const { wire, inbox } = this.#parts
    this.#parts.post(inbox, wire.message(inbox, kind, encodePair(pair)))
  }
}

const NO_RECORDS = Buffer.alloc(0)
