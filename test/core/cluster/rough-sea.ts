/** Two ends of a link and a bus between them that loses, doubles, delays, reorders and cuts, as its dice say. */

import * as assert from 'uvu/assert'
import type { Link, LinkListener, NodeInfo } from '../../../core/cluster/links/link.js'
import { Links } from '../../../core/cluster/links/links.js'
import { BadRecord } from '../../../core/cluster/wire/records.js'
import { Wire } from '../../../core/cluster/wire/wire.js'
import type { Dice } from '../../dice.js'

/** How rough it is, in percent. */
export interface Weather {
  readonly lost: number
  readonly doubled: number
  /** How late a message may come, milliseconds; beyond the step, later ones overtake it. */
  readonly delayMs: number
}

export const CALM: Weather = { lost: 0, doubled: 0, delayMs: 0 }

interface Letter {
  readonly at: number
  readonly to: string
  readonly bytes: Buffer
}

const STEP_MS = 10
export const TYPE = 5

export class Sea {
  readonly dice: Dice
  readonly a: End
  readonly b: End
  weather: Weather = CALM
  /** What every message takes, in order. */
  latencyMs = 0
  /** Nothing gets through, and nobody notices. */
  isCut = false
  now = 0
  delivered = 0
  #letters: Letter[] = []
  #due: (() => void)[] = []
  #lastId = 0

  constructor(dice: Dice, limitBytes = 1024 * 1024) {
    this.dice = dice
    this.a = new End('a', this, limitBytes)
    this.b = new End('b', this, limitBytes)
    this.a.meet(this.b)
    this.b.meet(this.a)
  }

  newId(): number {
    return ++this.#lastId
  }

  defer(run: () => void): void {
    this.#due.push(run)
  }

  post(to: string, bytes: Buffer): void {
    const { lost, doubled, delayMs } = this.weather
    const copies = this.dice.roll(100) < doubled ? 2 : 1
    for (let i = 0; i < copies; i++) {
      if (this.isCut || this.dice.roll(100) < lost) continue
      this.#letters.push({ at: this.now + this.latencyMs + this.dice.roll(delayMs + 1), to, bytes })
    }
  }

  /** One tick of both ends: what has arrived is handled, then what is due at its end is done. */
  step(): void {
    this.now += STEP_MS
    const due = this.#letters.filter(({ at }) => at <= this.now)
    this.#letters = this.#letters.filter(({ at }) => at > this.now)
    for (const { to, bytes } of due) {
      this.delivered++
      for (const end of [this.a, this.b]) if (end.inbox === to) end.receive(bytes)
    }
    const run = this.#due
    this.#due = []
    for (const one of run) one()
    for (const end of [this.a, this.b]) end.tick(STEP_MS)
  }

  run(ms: number): void {
    for (const until = this.now + ms; this.now < until; ) this.step()
  }
}

interface Told {
  readonly serial: number
  sent: number
  received: number
  /** Of the other end: whose records these are. */
  from: number
  down: boolean
  /** Position of the last batch of each record, by its number. */
  readonly positions: number[]
}

/** One node, which checks all that it is told. */
export class End implements LinkListener {
  readonly node: NodeInfo
  readonly inbox: string
  readonly #sea: Sea
  readonly #limitBytes: number
  #other!: End
  links!: Links
  isBusUp = true
  isStopped = false
  /** Every life of a link that came up here, by its link. */
  readonly lives = new Map<Link, Told>()
  readonly #byFrom = new Map<number, Told>()
  readonly faults: unknown[] = []
  downs = 0

  constructor(name: string, sea: Sea, limitBytes: number) {
    this.node = { incarnation: name.repeat(16), name }
    this.inbox = inboxOf(this.node.incarnation)
    this.#sea = sea
    this.#limitBytes = limitBytes
  }

  meet(other: End): void {
    this.#other = other
    this.restart()
  }

  /** All is forgotten, as by a new process that happens to draw the same incarnation: nothing else tells lives apart. */
  restart(): void {
    for (const told of this.lives.values()) told.down = true
    const wire = new Wire(this.node.incarnation, undefined)
    const links = new Links({
      wire,
      limitBytes: this.#limitBytes,
      inboxOf,
      now: () => this.#sea.now,
      post: (topic, message) => {
        if (this.links !== links || !this.isBusUp) return false
        this.#sea.post(topic, Buffer.from(message))
        return true
      },
      defer: (run) => this.#later(() => this.links === links && run()),
      after: (_ms, run) => this.#later(() => this.#later(() => this.links === links && run())),
      lost: () => {
        this.downs++
      },
      failed: (_node, error) => void this.faults.push(error),
    })
    this.links = links
    links.listen(1, 16, this)
  }

  /** At the end of the tick; one that stands still has no ticks. */
  #later(run: () => void): void {
    this.#sea.defer(() => (this.isStopped ? this.#later(run) : run()))
  }

  get link(): Link {
    return this.links.to(this.#other.node)
  }

  get wire(): Wire {
    return new Wire(this.node.incarnation, undefined)
  }

  receive(bytes: Buffer): void {
    if (this.isStopped) return
    const message = this.#other.wire.open(this.inbox, bytes)
    assert.ok('kind' in message)
    try {
      this.links.receive(this.#other.node, message)
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error
      this.faults.push(error)
    }
  }

  tick(elapsedMs: number): void {
    if (!this.isStopped && this.isBusUp) this.links.tick(elapsedMs)
  }

  /** Sends a numbered record, of so many bytes, where there is a link that is up. */
  say(bytes = 0): boolean {
    const { link } = this
    const life = this.lives.get(link)
    if (!link.isUp || life === undefined) return false
    const body = Buffer.alloc(12 + bytes)
    body.writeUInt32BE(life.serial, 0)
    body.writeUInt32BE(++life.sent, 4)
    body.writeUInt32BE(bytes, 8)
    link.send(TYPE, body.subarray(0, 5), body.subarray(5))
    life.positions[life.sent] = link.position
    return true
  }

  up(link: Link): void {
    assert.not.ok(this.lives.has(link), 'a link comes up once')
    assert.ok(link.isUp)
    const serial = this.#sea.newId()
    this.lives.set(link, { serial, sent: 0, received: 0, from: 0, down: false, positions: [] })
  }

  record(link: Link, type: number, body: Buffer): void {
    const life = this.lives.get(link)!
    assert.ok(link.isUp && !life.down, 'records come over a link that is up')
    assert.is(type, TYPE)
    const from = body.readUInt32BE(0)
    if (life.from === 0) {
      assert.not.ok(this.#byFrom.has(from), 'what one life sends comes to one life')
      this.#byFrom.set(from, life)
      life.from = from
    }
    assert.is(from, life.from, 'a life hears one life')
    assert.is(body.readUInt32BE(4), life.received + 1, 'exactly once and in order')
    assert.is(body.length, 12 + body.readUInt32BE(8))
    life.received++
  }

  confirmed(link: Link, position: number): void {
    const life = this.lives.get(link)!
    assert.not.ok(life.down)
    assert.is(position, link.confirmed)
    const received = this.#other.#byFrom.get(life.serial)?.received ?? 0
    for (let i = received + 1; i <= life.sent; i++) {
      assert.ok(life.positions[i]! > position, `record ${i} is confirmed and was not handled`)
    }
  }

  down(link: Link): void {
    const life = this.lives.get(link)!
    assert.not.ok(life.down, 'a link goes down once')
    assert.not.ok(link.isUp)
    life.down = true
  }

  /** The life that goes on. */
  get present(): Told | undefined {
    return this.lives.get(this.link)
  }
}

const inboxOf = (incarnation: string): string => `signalbox.node.${incarnation}`
