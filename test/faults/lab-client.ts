/**
 * A signaling client for the fault lab: it resumes, acknowledges and resends as docs/reference/protocol.md says, and
 * writes down what it sees. It judges nothing: that is the checker's part.
 */

import { type ServerMessage, SUBPROTOCOL } from '../../core/protocol.js'
import type { Dice } from '../dice.js'
import { countedOf } from './counted.js'
import { type BroadcastKind, type DirectKind, type Entry, type Log, markOf, type Sent } from './log.js'
import { type Place, Wire } from './wire.js'

/** How often a client looks after itself. */
const SWEEP_MS = 250
/** A client says at the latest after so many counted frames that it has them. */
const ACK_EVERY = 64
/** Long, lest a slow machine is stormed on top of it. */
const HANDSHAKE_MS = 20_000
/** What a client grants a silent server beyond `pingMs`. */
const PATIENCE_MS = 2000
/** The first wait before another attempt, and the longest one: each is twice the last, with full jitter. */
const SHORTEST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1000
/** Close codes from here on ask the client not to come back. */
const FINAL = 4500

/** How the attempts to go on with a session ended. */
export interface Resumes {
  granted: number
  /** A new session was given instead. */
  denied: number
  /** What went before each denial, for a person to read. */
  readonly denials: string[]
  /** Longest time without a session's connection that ended in a granted resume, milliseconds. */
  longestMs: number
}

export class LabClient implements Log {
  readonly client: string
  readonly entries: Entry[] = []
  readonly resumes: Resumes = { granted: 0, denied: 0, denials: [], longestMs: 0 }
  /** Uncounted errors that name no message, by code: `E_RESUME`, and what must not be. */
  readonly errors: string[] = []
  /** How often its session went on at another node. */
  moves = 0
  /** Where sessions of it were that were lost. */
  readonly lostAt: string[] = []
  /** How often the server said that it is about to go. */
  goaways = 0
  /** Close codes of every connection so far. */
  readonly closes: number[] = []
  /** The peer id, or '' before the first `welcome`. */
  peer = ''
  /** Rooms it is in or on its way into; joined again when a session is lost. */
  readonly rooms = new Map<string, Set<string>>()
  /** How long a handshake may take before it tries again, milliseconds. */
  handshakeMs = HANDSHAKE_MS
  /** Times from a message's being taken to its acknowledgement are handed here, milliseconds. */
  onAcknowledged: ((ms: number) => void) | undefined
  readonly #place: () => Place
  readonly #dice: Dice
  #wire: Wire | undefined
  /** Where it connected last. */
  #at: Place = { port: 0 }
  #ticket: string | null = null
  #pingMs = 10_000
  #node = ''
  #welcomed = false
  #nextId = 1
  #unacknowledged: { readonly id: number; readonly text: string; readonly at: number }[] = []
  #seen = 0
  #toldSeen = 0
  #lastSign = 0
  #offlineSince = 0
  /** Attempts since the last `welcome`. */
  #failures = 0
  /** How many there were before the present `welcome`. */
  #attempts = 0
  #stopped = false
  /** How it says goodbye, once it does. */
  #leaving: 'bye' | 'close' | undefined
  #frozen = false
  #sweeper: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #waiters: { readonly isSo: () => boolean; readonly resolve: () => void }[] = []

  /** `place` says where to connect; it is asked before each attempt. */
  constructor(client: string, place: () => Place, dice: Dice) {
    this.client = client
    this.#place = place
    this.#dice = dice
  }

  start(): void {
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#connect()
  }

  /** Connected, welcomed, and nothing waits for an acknowledgement. */
  get isSettled(): boolean {
    return this.#welcomed && this.#unacknowledged.length === 0
  }

  /** Messages that aren't acknowledged yet. */
  get backlog(): number {
    return this.#unacknowledged.length
  }

  get isConnected(): boolean {
    return this.#welcomed
  }

  /** The process that it was last welcomed by; '' where there is only one. */
  get node(): string {
    return this.#node
  }

  /** The ticket that it would come back with. */
  get ticket(): string | null {
    return this.#ticket
  }

  get seen(): number {
    return this.#seen
  }

  /** What the proxy knows its present connection by. */
  get localPort(): number {
    return this.#wire?.localPort ?? 0
  }

  /** Resolves when something that the client itself brings about is so; bounded by the test around it. */
  until(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ isSo, resolve }))
  }

  join(room: string): void {
    if (this.rooms.has(room)) return
    this.rooms.set(room, new Set())
    const data = this.#stamp('')
    this.#send({ kind: 'join', room, mark: markOf(data) }, { data })
  }

  leave(room: string): void {
    if (!this.rooms.delete(room)) return
    this.#send({ kind: 'leave', room }, {})
  }

  broadcast(kind: BroadcastKind, room: string, lengthBytes: number): void {
    const data = this.#stamp(this.#filler(lengthBytes))
    this.#send({ kind, room, mark: markOf(data) }, { data })
  }

  direct(kind: DirectKind, room: string, to: string, lengthBytes: number): void {
    const data = this.#stamp(this.#filler(lengthBytes))
    this.#send({ kind, room, to, mark: markOf(data) }, { to, data })
  }

  /** The connection breaks, and the client comes back by itself. */
  breakOff(): void {
    this.#wire?.destroy()
  }

  /** Comes back on another network: the old connection is left as it is, and nobody listens to it any more. */
  moveOn(): void {
    if (!this.#welcomed || this.#stopped) return
    this.#welcomed = false
    this.#connect()
  }

  /** Reads nothing any more, and does nothing by itself. */
  freeze(): void {
    this.#frozen = true
    this.#wire?.stopReading()
  }

  /**
   * Ends the session on purpose: `bye`, or a close frame with 1000. The log ends here, and the client sees to it that
   * the server knows: when the connection breaks before its answer, it comes back and says so again.
   */
  end(how: 'bye' | 'close' = 'bye'): void {
    if (this.#stopped || this.#leaving !== undefined) return
    this.#log({ what: 'ended' })
    this.#leaving = how
    this.#unacknowledged = []
    this.#sayGoodbye()
  }

  /** The server knows that it has ended. */
  get hasEnded(): boolean {
    return this.#leaving !== undefined && this.#stopped
  }

  /** The lab is over: the socket goes, and the log stays as it is. */
  stop(): void {
    this.#halt()
    this.#wire?.destroy()
  }

  #sayGoodbye(): void {
    if (!this.#welcomed) return
    if (this.#leaving === 'bye') this.#wire?.send('{"type":"bye"}')
    else this.#wire?.close(1000)
  }

  #halt(): void {
    this.#stopped = true
    clearInterval(this.#sweeper)
    clearTimeout(this.#retry)
  }

  #connect(): void {
    const protocols = [SUBPROTOCOL]
    if (this.#ticket !== null) protocols.push(`signalbox.resume.${this.#ticket}.${this.#seen}`)
    this.#lastSign = performance.now()
    this.#at = this.#place()
    const wire = new Wire(this.#at, '/signal', protocols, {
      text: (text) => {
        if (wire === this.#wire) this.#receive(JSON.parse(text))
      },
      closed: (code) => this.#closed(wire, code),
    })
    this.#wire = wire
  }

  #closed(wire: Wire, code: number): void {
    if (wire !== this.#wire) return
    if (this.#welcomed) this.#offlineSince = performance.now()
    this.#wire = undefined
    this.#welcomed = false
    this.closes.push(wire.refusedWith || code)
    if (this.#leaving !== undefined && code === 1000) this.#halt()
    if (!this.#stopped && code < FINAL) {
      const longestMs = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.#failures++)
      this.#retry = setTimeout(() => this.#connect(), this.#dice.roll(longestMs))
    }
    this.#wake()
  }

  #sweep(): void {
    if (this.#frozen) return
    if (this.#wire !== undefined) {
      const patienceMs = this.#welcomed ? this.#pingMs + PATIENCE_MS : this.handshakeMs
      if (performance.now() - this.#lastSign > patienceMs) this.#wire.destroy()
      else this.#tellSeen()
    }
  }

  #tellSeen(): void {
    if (!this.#welcomed || this.#seen === this.#toldSeen) return
    this.#toldSeen = this.#seen
    this.#wire?.send(`{"type":"ack","seen":${this.#seen}}`)
  }

  #receive(message: ServerMessage): void {
    this.#lastSign = performance.now()
    switch (message.type) {
      case 'welcome':
        this.#welcome(message)
        break
      case 'ack':
        this.#acknowledged(message.id, false)
        break
      case 'ping':
        this.#wire?.send(`{"type":"ack","seen":${this.#seen}}`)
        this.#toldSeen = this.#seen
        break
      case 'error':
        // Who comes back only to say goodbye may learn that it was heard the first time.
        if (message.id === undefined && this.#leaving === undefined) this.errors.push(message.code)
        else if (message.id !== undefined) this.#log({ what: 'refused', id: message.id, code: message.code })
        break
      case 'goaway':
        this.goaways++
        if (message.ticket === null) this.#ticket = null
        break
      default:
        this.#count(message)
    }
    this.#wake()
  }

  #welcome({ peer, session, pingMs }: Extract<ServerMessage, { type: 'welcome' }>): void {
    const asked = this.#ticket !== null
    this.#ticket = session.ticket
    this.#pingMs = pingMs
    this.#welcomed = true
    this.#attempts = this.#failures
    this.#failures = 0
    if (this.#leaving !== undefined) {
      this.#sayGoodbye()
      return
    }
    const { ticket, resumed, lastId } = session
    const node = this.#at.nodeOf?.(ticket) ?? ''
    if (resumed && node !== this.#node) this.moves++
    if (!resumed && this.peer !== '') this.lostAt.push(this.#node)
    this.#node = node
    this.#log({ what: 'welcome', peer, resumed, lastId, node: this.#node })
    if (session.resumed) {
      this.resumes.granted++
      const offlineMs = this.#offlineSince === 0 ? 0 : performance.now() - this.#offlineSince
      this.resumes.longestMs = Math.max(this.resumes.longestMs, offlineMs)
      this.#toldSeen = this.#seen // it stands in the handshake
      this.#acknowledged(session.lastId, true)
      for (const { text } of this.#unacknowledged) this.#wire?.send(text)
    } else {
      if (asked) this.#noteDenial()
      this.#begin(peer)
    }
    this.#offlineSince = 0
  }

  #noteDenial(): void {
    this.resumes.denied++
    const awayMs = Math.round(performance.now() - this.#offlineSince)
    const closes = this.closes.slice(-this.#attempts).join(', ')
    this.resumes.denials.push(
      `${this.client} (${this.peer}) was denied its session, ${this.#seen} frames seen, after ${awayMs} ms and ` +
        `${this.#attempts} attempts; closed with ${closes}`,
    )
  }

  /** A session that begins: whatever the last one had is gone, and its rooms are joined anew. */
  #begin(peer: string): void {
    this.peer = peer
    this.#nextId = 1
    this.#seen = 0
    this.#toldSeen = 0
    this.#unacknowledged = []
    const rooms = [...this.rooms.keys()]
    this.rooms.clear()
    for (const room of rooms) this.join(room)
  }

  #acknowledged(id: number, resume: boolean): void {
    this.#log({ what: 'acked', id, resume })
    const now = performance.now()
    let count = 0
    for (const message of this.#unacknowledged) {
      if (message.id > id) break
      if (!resume) this.onAcknowledged?.(now - message.at)
      count++
    }
    this.#unacknowledged.splice(0, count)
  }

  #count(message: ServerMessage): void {
    const frame = countedOf(message)
    if (frame === undefined) return
    this.#seen++
    this.#log({ what: 'received', frame })
    const others = this.rooms.get(frame.room)
    if (frame.kind === 'joined') for (const { peer } of frame.members) others?.add(peer)
    else if (frame.kind === 'peer-joined') others?.add(frame.from)
    else if (frame.kind === 'peer-left') others?.delete(frame.from)
    if (this.#seen - this.#toldSeen >= ACK_EVERY) this.#tellSeen()
  }

  #send(message: Sent, fields: { readonly to?: string; readonly data?: string }): void {
    if (this.peer === '' || this.#stopped || this.#leaving !== undefined) return
    const id = this.#nextId++
    const { kind: type, room } = message
    const text = JSON.stringify({ type, id, room, ...fields })
    this.#log({ what: 'sent', id, message })
    this.#unacknowledged.push({ id, text, at: performance.now() })
    if (this.#welcomed) this.#wire?.send(text)
  }

  /** Payloads name their sender and the id of their message. */
  #stamp(filler: string): string {
    return `${this.peer} ${this.#nextId} ${filler}`
  }

  #filler(lengthBytes: number): string {
    const word = this.#dice.roll(2 ** 31).toString(36)
    return word.repeat(Math.ceil(lengthBytes / word.length)).slice(0, lengthBytes)
  }

  #log(entry: Entry extends infer E ? (E extends Entry ? Omit<E, 'at'> : never) : never): void {
    if (this.#leaving !== undefined) return
    this.entries.push({ at: performance.now(), ...entry } as Entry)
  }

  #wake(): void {
    if (this.#waiters.length === 0) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (waiter.isSo()) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }
}
