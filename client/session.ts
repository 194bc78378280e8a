/** What `connect` gives: the connection to a server, and the rooms joined over it. It outlives any one WebSocket. */

import type { Json, ServerMessage, Welcome } from '../core/protocol.js'
import { joiningUrl, offeredProtocols, socketUrl } from './address.js'
import type { BackoffOptions } from './backoff.js'
import { type Clock, systemClock } from './clock.js'
import { Emitter } from './emitter.js'
import { SignalboxError } from './errors.js'
import { Membership } from './membership.js'
import { Outbox } from './outbox.js'
import type { Room } from './room.js'
import { type Address, Socket, type SocketState, type WebSocketConstructor } from './socket.js'
import { onWake } from './wake.js'

export type PeerConnectionConstructor = new (configuration?: RTCConfiguration) => RTCPeerConnection

export interface ConnectOptions {
  /** Asked for again at each reconnect when it is a function, so that it may be short-lived. */
  readonly token?: string | (() => string | Promise<string>)
  /** Joined in the handshake: one round trip less. Get it with `session.join(room)`. */
  readonly room?: string
  /** Our metadata in that room, public. */
  readonly data?: Json
  /** For each RTCPeerConnection; without `iceServers` it uses the server's. */
  readonly rtc?: RTCConfiguration
  /** How to come back after a lost connection; false: don't. */
  readonly reconnect?: BackoffOptions | false
  /** Where the platform has none of its own, as Node 20. */
  readonly WebSocket?: WebSocketConstructor
  /** Where the platform has none of its own, as Node. Without one, signaling alone works. */
  readonly RTCPeerConnection?: PeerConnectionConstructor
  /** For tests. */
  readonly clock?: Clock
}

export interface SessionEvents {
  state: SocketState
  /** The server refused something that belongs to no call of ours. */
  error: SignalboxError
}

export class Session extends Emitter<SessionEvents> {
  readonly #url: URL
  readonly #options: ConnectOptions
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #outbox: Outbox
  readonly #memberships = new Map<string, Membership>()
  readonly #stopWaking: () => void
  #state: SocketState = { state: 'connecting' }
  #welcome: Welcome | undefined
  /** The membership that the handshake under way asks for. */
  #byUrl: Membership | undefined
  /** Counted frames that arrived in the session of the server (docs/reference/protocol.md). */
  #seen = 0
  /** What arrived while listeners are being attached. */
  #held: ServerMessage[] | undefined

  /** Use `connect`. Throws E_SETUP. */
  constructor(url: string | URL, options: ConnectOptions) {
    super()
    this.#url = socketUrl(url)
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const WebSocket = options.WebSocket ?? globalThis.WebSocket
    if (!WebSocket)
      throw new SignalboxError('E_SETUP', 'there is no WebSocket here: pass one with the options')
    this.#socket = new Socket({
      WebSocket,
      clock: this.#clock,
      reconnect: options.reconnect ?? {},
      renewable: typeof options.token === 'function',
      address: (override) => this.#address(override),
      onMessage: (message) => this.#deliver(message),
      onPing: () => this.#socket.send(JSON.stringify({ type: 'ack', seen: this.#seen })),
      onState: (state) => this.#changed(state),
    })
    this.#outbox = new Outbox(this.#socket, 65_536)
    if (options.room !== undefined) this.#enter(options.room, options.data)
    this.#stopWaking = onWake(() => this.#socket.wake())
    this.#socket.start()
  }

  get state(): SocketState['state'] {
    return this.#state.state
  }

  /** Why the session is closed or reconnecting. */
  get error(): SignalboxError | undefined {
    return 'error' in this.#state ? this.#state.error : undefined
  }

  /** Our own peer id; another one after each reconnect. Undefined before the first connection. */
  get id(): string | undefined {
    return this.#welcome?.peer
  }

  /** What the server allows; undefined before the first connection. */
  get limits(): Welcome['limits'] | undefined {
    return this.#welcome?.limits
  }

  /** The rooms that we are in or about to be, by name. */
  get rooms(): ReadonlyMap<string, Room> {
    return new Map([...this.#memberships].map(([name, { room }]) => [name, room]))
  }

  /**
   * Joins a room, with our public metadata for it. Resolves once we are in and `room.peers` is complete; rejects with
   * the server's refusal. A room that we are in is given as it is, its metadata updated if `data` is there.
   */
  async join(name: string, { data }: { data?: Json } = {}): Promise<Room> {
    const known = this.#memberships.get(name)
    if (known) {
      const room = await known.ready()
      if (data !== undefined) await room.update(data)
      return room
    }
    if (this.#state.state === 'closed') throw this.#state.error
    const membership = this.#enter(name, data)
    if (this.#state.state === 'open') this.#join(membership)
    return membership.ready()
  }

  /** Leaves all rooms and ends the connection, for good. */
  close(): void {
    this.#socket.send(JSON.stringify({ type: 'bye' }))
    this.#socket.close(new SignalboxError('E_CLOSED', 'you closed this session'))
  }

  #enter(name: string, data: Json | undefined): Membership {
    const membership = new Membership(name, data, {
      clock: this.#clock,
      request: (message) => this.#outbox.request(message),
      leaving: () => this.#memberships.delete(name),
      createConnection: () => this.#createConnection(),
    })
    this.#memberships.set(name, membership)
    return membership
  }

  #join(membership: Membership): void {
    const { name } = membership.room
    const data = membership.data
    const sent = this.#outbox.request({ type: 'join', room: name, ...(data !== undefined && { data }) })
    membership.joinId = this.#outbox.lastId
    // A join that was lost with the connection is made again with the next one.
    sent.catch((error) => error.code === 'E_DISCONNECTED' || this.#refused(membership, error))
  }

  #refused(membership: Membership, error: SignalboxError): void {
    if (this.#memberships.get(membership.room.name) === membership) {
      this.#memberships.delete(membership.room.name)
    }
    membership.end(error)
  }

  async #address(override: string | undefined): Promise<Address> {
    const url = override === undefined ? this.#url : socketUrl(override)
    // The server may name another address, but not talk us out of encryption.
    const target = this.#url.protocol === 'wss:' && url.protocol === 'ws:' ? this.#url : url
    const protocols = offeredProtocols(await this.#token())
    const [first] = this.#memberships.values()
    const joining = first && joiningUrl(target, first.room.name, first.data)
    this.#byUrl = joining === undefined ? undefined : first
    return { url: joining ?? target.href, protocols }
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.#options
    if (typeof token !== 'function') return token
    try {
      return await token()
    } catch (cause) {
      throw new SignalboxError('E_TOKEN', 'the function that gives the token failed', { cause })
    }
  }

  #deliver(message: ServerMessage): void {
    if (this.#held) this.#held.push(message)
    else this.#receive(message)
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcomed(message)
        break
      case 'joined':
        this.#seen += 1
        this.#joined(message)
        break
      case 'ack':
        this.#outbox.acknowledge(message.id)
        break
      case 'error':
        this.#failed(message)
        break
      default:
        if (!('room' in message)) break
        this.#seen += 1
        this.#memberships.get(message.room)?.receive(message)
    }
  }

  #welcomed(welcome: Welcome): void {
    this.#welcome = welcome
    this.#outbox.messageBytes = welcome.limits.messageBytes
    for (const membership of this.#memberships.values()) {
      if (membership !== this.#byUrl) this.#join(membership)
    }
  }

  #joined({ id, room, peers }: Extract<ServerMessage, { type: 'joined' }>): void {
    const membership = this.#memberships.get(room)
    if (id !== undefined) this.#outbox.joined(id)
    const wanted = id === undefined ? membership === this.#byUrl : membership?.joinId === id
    if (id === undefined) this.#byUrl = undefined
    if (membership && wanted) {
      // Whoever awaits the join attaches listeners in a later microtask; nothing may be emitted before that.
      if (membership.joined(peers)) this.#hold()
    } else if (id === undefined && !membership) {
      // We left while the handshake was under way.
      void this.#outbox.request({ type: 'leave', room })
    }
  }

  #hold(): void {
    this.#held = []
    this.#clock.after(0, () => {
      const held = this.#held ?? []
      this.#held = undefined
      while (held.length > 0 && !this.#held) this.#receive(held.shift()!)
      if (this.#held) (this.#held as ServerMessage[]).push(...held)
    })
  }

  #failed({ id, code, message, ...more }: Extract<ServerMessage, { type: 'error' }>): void {
    const error = new SignalboxError(code, message, more)
    const membership = this.#byUrl
    if (id !== undefined) this.#outbox.refuse(id, error)
    else if (membership && this.#socket.open) {
      this.#byUrl = undefined
      this.#refused(membership, error)
    } else this.emit('error', error)
  }

  #createConnection(): RTCPeerConnection {
    const PeerConnection = this.#options.RTCPeerConnection ?? globalThis.RTCPeerConnection
    if (!PeerConnection) {
      throw new SignalboxError('E_NO_WEBRTC', 'there is no RTCPeerConnection here: pass one with the options')
    }
    const iceServers = (this.#welcome?.iceServers ?? []).map((server) => ({
      ...server,
      urls: [...server.urls],
    }))
    return new PeerConnection({ iceServers, ...this.#options.rtc })
  }

  #changed(state: SocketState): void {
    this.#state = state
    if (state.state === 'reconnecting' || state.state === 'closed') {
      this.#seen = 0
      this.#held = undefined
      this.#outbox.reset(
        state.state === 'closed'
          ? state.error
          : new SignalboxError('E_DISCONNECTED', 'the connection was lost before the server confirmed this', {
              cause: state.error,
            }),
      )
    }
    if (state.state === 'reconnecting') for (const one of this.#memberships.values()) one.suspend()
    if (state.state === 'closed') {
      this.#stopWaking()
      for (const membership of [...this.#memberships.values()]) this.#refused(membership, state.error)
    }
    this.emit('state', state)
  }
}
