/** What `connect` gives: the connection to a server, and the rooms joined over it. It outlives any one WebSocket. */

import type { Json, ServerMessage, Welcome } from '../core/protocol.js'
import { offeredProtocols } from './address.js'
import { Approach } from './approach.js'
import { reportQuality } from './call-quality.js'
import { type Clock, systemClock } from './clock.js'
import type { ConnectOptions } from './connect-options.js'
import { Emitter } from './emitter.js'
import { SignalboxError } from './errors.js'
import { Hold } from './hold.js'
import { Membership } from './membership.js'
import { Outbox, type Request } from './outbox.js'
import { createPeerConnection } from './peer-connection.js'
import { Receipts } from './receipts.js'
import { Renewal } from './renewal.js'
import type { Room } from './room.js'
import type { RoomMessage } from './room-link.js'
import { Roster } from './roster.js'
import { type Address, Socket, type SocketState } from './socket.js'
import { onWake } from './wake.js'

export interface SessionEvents {
  state: SocketState
  /** The server refused something that belongs to no call of ours, or a token could not be renewed in time. */
  error: SignalboxError
}

type Departure = Extract<ServerMessage, { type: 'peer-left' }>

export class Session extends Emitter<SessionEvents> {
  readonly #options: ConnectOptions
  readonly #approach: Approach
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #outbox: Outbox
  readonly #receipts: Receipts
  /** Only where there is a function that gives tokens. */
  readonly #renewal: Renewal | undefined
  readonly #hold: Hold
  readonly #roster: Roster
  readonly #stopWaking: () => void
  readonly #stopReporting: () => void
  #state: SocketState = { state: 'connecting' }
  #welcome: Welcome | undefined
  /** Good for one handshake, which goes on with the session of the server. */
  #ticket: string | null = null
  /** What the last handshake offered. */
  #token: string | undefined
  /** Who left since the server said that it goes: perhaps only because the server sends everybody away. */
  #departures: Departure[] | undefined

  /** Use `connect`. Throws E_SETUP. */
  constructor(url: string | URL, options: ConnectOptions) {
    super()
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#approach = new Approach(url, options.token)
    const WebSocket = options.WebSocket ?? globalThis.WebSocket
    if (!WebSocket)
      throw new SignalboxError('E_SETUP', 'there is no WebSocket here: pass one with the options')
    this.#socket = new Socket({
      WebSocket,
      clock: this.#clock,
      reconnect: options.reconnect ?? {},
      renewable: typeof options.token === 'function',
      address: (override) => this.#address(override),
      onMessage: (message) => this.#hold.deliver(message),
      onPing: () => this.#receipts.tell(),
      onState: (state) => this.#changed(state),
    })
    this.#hold = new Hold(this.#clock, (message) => this.#receive(message))
    this.#outbox = new Outbox(this.#socket, 65_536)
    this.#roster = new Roster(this.#outbox, () => this.#state.state === 'open')
    this.#receipts = new Receipts(this.#clock, (seen) =>
      this.#socket.send(JSON.stringify({ type: 'ack', seen })),
    )
    this.#renewal = typeof options.token === 'function' ? this.#renewing() : undefined
    if (options.room !== undefined) this.#enter(options.room, options.data)
    this.#stopWaking = onWake({
      online: () => this.#socket.rewire(),
      visible: () => this.#socket.wake(),
    })
    this.#stopReporting = reportQuality(options.stats, {
      clock: this.#clock,
      rooms: () => this.rooms.values(),
      send: (message) => this.#socket.send(JSON.stringify(message)),
    })
    this.#socket.start()
  }

  get state(): SocketState['state'] {
    return this.#state.state
  }

  /** Why the session is closed or reconnecting. */
  get error(): SignalboxError | undefined {
    return 'error' in this.#state ? this.#state.error : undefined
  }

  /** Our own peer id; another one when the server has lost the session. Undefined before the first connection. */
  get id(): string | undefined {
    return this.#welcome?.peer
  }

  /** What the server allows; undefined before the first connection. */
  get limits(): Welcome['limits'] | undefined {
    return this.#welcome?.limits
  }

  /** The rooms that we are in or about to be, by name. */
  get rooms(): ReadonlyMap<string, Room> {
    return new Map(this.#roster.all.map(({ room }) => [room.name, room]))
  }

  /**
   * Joins a room, with our public metadata for it. Resolves once we are in and `room.peers` is complete; rejects with
   * the server's refusal. A room that we are in is given as it is, its metadata updated if `data` is there.
   */
  async join(name: string, { data }: { data?: Json } = {}): Promise<Room> {
    const known = this.#roster.get(name)
    if (known) {
      const room = await known.ready()
      if (data !== undefined) await room.update(data)
      return room
    }
    if (this.#state.state === 'closed') throw this.#state.error
    const membership = this.#enter(name, data)
    if (this.#state.state === 'open') this.#roster.join(membership)
    return membership.ready()
  }

  /**
   * Replaces our token by a fresh one, from the function `token` of the options: rights change at once. A token that
   * says when it expires, as a JWT does, is replaced in time by itself. Rejects with E_TOKEN, E_AUTH, or E_SETUP when
   * there is no such function; the session then goes on as it was.
   */
  async renew(): Promise<void> {
    if (!this.#renewal) throw new SignalboxError('E_SETUP', 'pass a function that gives tokens as `token`')
    await this.#renewal.renew()
  }

  /** Leaves all rooms and ends the connection, for good. */
  close(): void {
    this.#socket.send(JSON.stringify({ type: 'bye' }))
    this.#socket.close(new SignalboxError('E_CLOSED', 'you closed this session'))
  }

  #renewing(): Renewal {
    return new Renewal({
      clock: this.#clock,
      ask: () => this.#approach.token() as Promise<string>,
      tell: (token) => this.#outbox.request({ type: 'auth', data: { token } }),
      failed: (error) => this.emit('error', error),
    })
  }

  #enter(name: string, data: Json | undefined): Membership {
    const link = {
      clock: this.#clock,
      ownId: () => this.#welcome!.peer,
      request: (message: Request) => this.#outbox.request(message),
      leaving: () => this.#roster.leave(membership),
      createConnection: () => createPeerConnection(this.#options, this.#welcome?.iceServers),
    }
    const membership = new Membership(name, data, link, this.#options.seal)
    this.#roster.add(membership)
    return membership
  }

  async #address(override: string | undefined): Promise<Address> {
    const target = this.#approach.target(override)
    const token = await this.#approach.token()
    this.#token = token
    const ticket = this.#ticket
    const resume = ticket === null ? undefined : { ticket, seen: this.#receipts.seen }
    return { url: this.#roster.joiningUrl(target) ?? target.href, protocols: offeredProtocols(token, resume) }
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcomed(message)
        break
      case 'joined':
        this.#receipts.count()
        // Whoever awaits the join attaches listeners in a later microtask; nothing may be emitted before that.
        if (this.#roster.joined(message)) this.#hold.begin()
        break
      case 'waiting':
        this.#receipts.count()
        this.#roster.waits(message)
        break
      case 'ack':
        this.#outbox.acknowledge(message.id)
        break
      case 'error':
        this.#failed(message)
        break
      case 'goaway':
        this.#departures = []
        // Null: the session ends with this server.
        if (message.ticket !== undefined) this.#ticket = message.ticket
        break
      case 'denied':
      case 'kicked':
        this.#receipts.count()
        this.#roster.excluded(message)
        break
      case 'door':
      case 'knock':
      case 'knock-ended':
        this.#receipts.count()
        this.#roster.get(message.room)?.atDoor(message)
        break
      default:
        if (!('room' in message)) break
        this.#receipts.count()
        if (message.type === 'peer-left' && this.#departures) this.#departures.push(message)
        // What a room doesn't know, it ignores.
        else this.#roster.get(message.room)?.receive(message as RoomMessage)
    }
  }

  #welcomed(welcome: Welcome): void {
    this.#welcome = welcome
    this.#ticket = welcome.session.ticket
    this.#outbox.messageBytes = welcome.limits.messageBytes
    this.#renewal?.holds(this.#token ?? '')
    const departures = this.#departures ?? []
    this.#departures = undefined
    if (welcome.session.resumed) this.#resume(welcome.session.lastId, departures)
    else this.#begin()
  }

  #resume(lastId: number, departures: readonly Departure[]): void {
    // A sign of life makes the new ticket the only one.
    this.#receipts.tell()
    this.#outbox.resume(lastId)
    this.#roster.resume()
    for (const departure of departures) this.#roster.get(departure.room)?.receive(departure)
  }

  /** A new session of the server: the first, or one in the place of a lost one. */
  #begin(): void {
    this.#receipts.reset()
    this.#outbox.lose(() => this.#roster.begin())
  }

  #failed({ id, code, message, ...more }: Extract<ServerMessage, { type: 'error' }>): void {
    const error = new SignalboxError(code, message, more)
    if (id !== undefined) this.#outbox.refuse(id, error)
    // That the session is lost, `welcome` has said.
    else if (code === 'E_RESUME') return
    else if (!(this.#socket.open && this.#roster.refusedByUrl(error))) this.emit('error', error)
  }

  #changed(state: SocketState): void {
    this.#state = state
    if (state.state === 'reconnecting') {
      this.#renewal?.stop()
      // What has arrived counts, however soon the connection broke.
      this.#hold.end()
      for (const membership of this.#roster.all) membership.suspend()
    }
    if (state.state === 'closed') {
      this.#hold.drop()
      this.#stopWaking()
      this.#stopReporting()
      this.#receipts.stop()
      this.#renewal?.stop()
      this.#outbox.end(state.error)
      for (const membership of this.#roster.all) this.#roster.end(membership, state.error)
    }
    this.emit('state', state)
  }
}
