/**
 * One lasting connection over many WebSockets: opens, listens for silence, judges how a socket ended, and makes the
 * next one. It knows nothing of rooms; what a lost connection means for them is the session's part.
 */

import type { ServerMessage, Welcome } from '../core/protocol.js'
import { Backoff, type BackoffOptions } from './backoff.js'
import type { Clock } from './clock.js'
import { errorOfClose, invitesReconnect } from './close-codes.js'
import { SignalboxError } from './errors.js'

/** The part of the WebSocket interface that the client uses; a browser's and `ws` have it. */
export interface WebSocketLike {
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

export type SocketState =
  /** The first connection is being made. */
  | { readonly state: 'connecting' }
  /** `resumed`: everything goes on as if nothing had been. False: a new session, with a new peer id. */
  | { readonly state: 'open'; readonly resumed: boolean }
  /** The connection was lost for the reason `error`; the next attempt begins in `retryInMs`. */
  | {
      readonly state: 'reconnecting'
      readonly attempt: number
      readonly retryInMs: number
      readonly error: SignalboxError
    }
  /** The end: nothing will be tried any more. */
  | { readonly state: 'closed'; readonly error: SignalboxError }

/** Where to connect, and what to offer. Asked before each attempt. */
export type Address = { readonly url: string; readonly protocols: string[] }

export interface SocketOptions {
  readonly WebSocket: WebSocketConstructor
  readonly clock: Clock
  /** False: the first lost connection is the end. */
  readonly reconnect: BackoffOptions | false
  /** `override` is the address that a leaving server named. */
  address(override: string | undefined): Promise<Address>
  /** Whether an expired token can be replaced by a fresh one. */
  readonly renewable: boolean
  /** Every message of the server but `ping`, `welcome` among them. */
  onMessage(message: Exclude<ServerMessage, { type: 'ping' }>): void
  /** The server asks for a sign of life; answer with `ack`. */
  onPing(): void
  onState(state: SocketState): void
}

/** An attempt that hasn't brought `welcome` after this long has failed. */
const HANDSHAKE_MS = 10_000
/** How much longer than `pingMs` a server may be silent: by then it has sent a ping, even if it had nothing to say. */
const SILENCE_GRACE_MS = 2_000
/** How often that is looked at, milliseconds: after sleep no timer is on time. */
const WATCH_MS = 2_000
/** The client lets a socket go but not its session: 1000 and 1001 would end that. */
const BACK_SOON = 4_000

export class Socket {
  readonly #options: SocketOptions
  readonly #clock: Clock
  readonly #backoff: Backoff
  #state: SocketState['state'] = 'connecting'
  #socket: WebSocketLike | undefined
  /** Counts attempts: what belongs to an earlier one has nothing to say any more. */
  #epoch = 0
  #welcomed = false
  /** Whether an attempt is under way or has led to a connection. */
  #attempting = false
  /** Whether any attempt ever succeeded. */
  #everOpen = false
  #heardAt = 0
  /** A server that says nothing for so long is dead. */
  #silenceMs = 0
  #told: SignalboxError | undefined
  #leaving: { readonly until: number; readonly url: string | undefined } | undefined
  #cancelWatch = () => {}
  #cancelRetry = () => {}
  #cancelMove = () => {}

  constructor(options: SocketOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#backoff = new Backoff(options.clock, options.reconnect === false ? {} : options.reconnect)
  }

  /** Makes the first connection. Once. */
  start(): void {
    this.#options.onState({ state: 'connecting' })
    void this.#attempt(undefined)
  }

  /** Whether the server has let us in. */
  get open(): boolean {
    return this.#welcomed
  }

  /** Sends one message; false when there is no open connection. */
  send(text: string): boolean {
    if (!this.#welcomed || !this.#socket) return false
    this.#socket.send(text)
    return true
  }

  /** The page came back: a waiting attempt begins now, and a silence that nobody saw ends. */
  wake(): void {
    if (this.#welcomed) this.#watch()
    if (this.#state !== 'reconnecting' || this.#attempting) return
    this.#cancelRetry()
    void this.#attempt(undefined)
  }

  /** The network came back: what began over the old one is given up, since nobody would tell for seconds. */
  rewire(): void {
    if (this.#attempting && this.#everOpen) {
      this.#lost(this.#epoch, new SignalboxError('E_DISCONNECTED', 'the network has changed'))
    }
    this.wake()
  }

  /** Ends everything, for good. */
  close(error: SignalboxError): void {
    if (this.#state === 'closed') return
    this.#drop(1_000)
    this.#cancelRetry()
    this.#cancelMove()
    this.#become({ state: 'closed', error })
  }

  async #attempt(override: string | undefined): Promise<void> {
    const epoch = ++this.#epoch
    this.#attempting = true
    this.#told = undefined
    this.#cancelWatch = this.#clock.after(HANDSHAKE_MS, () =>
      this.#lost(epoch, new SignalboxError('E_UNREACHABLE', 'the server did not answer in time')),
    )
    try {
      const { url, protocols } = await this.#options.address(override)
      if (epoch !== this.#epoch) return
      this.#listen(new this.#options.WebSocket(url, protocols), epoch)
    } catch (cause) {
      const error =
        cause instanceof SignalboxError
          ? cause
          : new SignalboxError('E_SETUP', `could not begin to connect: ${String(cause)}`, { cause })
      this.#lost(epoch, error)
    }
  }

  #listen(socket: WebSocketLike, epoch: number): void {
    this.#socket = socket
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (epoch === this.#epoch && typeof data === 'string') this.#receive(data)
    }
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      if (epoch !== this.#epoch) return
      // 1005 and 1006 are made up by this end: then nothing that the server said before is the reason.
      const told = code === 1005 || code === 1006 ? undefined : this.#told
      this.#lost(epoch, errorOfClose(code, reason, told, this.#welcomed), code)
    }
    // The close event that follows says everything; but in Node an error nobody listens to ends the process.
    socket.onerror = () => {}
  }

  #receive(text: string): void {
    let message: ServerMessage
    try {
      message = JSON.parse(text) as ServerMessage
    } catch (cause) {
      this.close(new SignalboxError('E_PROTOCOL', 'the other end does not speak signalbox.v1', { cause }))
      return
    }
    this.#heardAt = this.#clock.now()
    this.#told = undefined
    if (message.type === 'ping') {
      this.#options.onPing()
      return
    }
    if (message.type === 'welcome') this.#welcome(message)
    if (message.type === 'error' && message.id === undefined && message.code !== 'E_RESUME') {
      this.#told = new SignalboxError(message.code, message.message, message)
    }
    if (message.type === 'goaway') this.#goAway(message.afterMs, message.url)
    this.#options.onMessage(message)
    // Told after the session has read its `welcome`, so that listeners find it there.
    if (message.type === 'welcome') this.#become({ state: 'open', resumed: message.session.resumed })
  }

  #welcome({ pingMs }: Welcome): void {
    this.#welcomed = true
    this.#everOpen = true
    this.#backoff.opened()
    this.#silenceMs = pingMs + SILENCE_GRACE_MS
    this.#watch()
  }

  /** Gives the connection up when the server has been silent for too long, else looks again later. */
  #watch(): void {
    this.#cancelWatch()
    const leftMs = this.#heardAt + this.#silenceMs - this.#clock.now()
    if (leftMs > 0) this.#cancelWatch = this.#clock.after(Math.min(leftMs, WATCH_MS), () => this.#watch())
    else this.#lost(this.#epoch, new SignalboxError('E_DISCONNECTED', 'the server fell silent'))
  }

  /** The server leaves: move when it says, so that not all of its clients move at once. */
  #goAway(afterMs: number, url: string | undefined): void {
    this.#cancelMove()
    this.#leaving = { until: this.#clock.now() + afterMs, url }
    this.#cancelMove = this.#clock.after(afterMs, () => {
      if (this.#welcomed) {
        this.#lost(this.#epoch, new SignalboxError('E_GOING_AWAY', 'the server is shutting down'))
      }
    })
  }

  #lost(epoch: number, error: SignalboxError, code = 1006): void {
    if (epoch !== this.#epoch || this.#state === 'closed') return
    const renewed = error.code === 'E_EXPIRED' && this.#options.renewable && this.#welcomed
    // Whoever waits for the first connection learns at once that there is none; patience begins after it.
    const patient = this.#everOpen && this.#options.reconnect !== false && error.code !== 'E_SETUP'
    if (patient && (renewed || invitesReconnect(code))) {
      this.#drop(BACK_SOON)
      this.#retry(error)
    } else this.close(error)
  }

  #retry(error: SignalboxError): void {
    const leaving = this.#leaving
    this.#leaving = undefined
    this.#cancelMove()
    const atLeastMs = leaving ? leaving.until - this.#clock.now() : (error.retryAfterMs ?? 0)
    const retryInMs = Math.max(this.#backoff.next(), atLeastMs)
    this.#cancelRetry = this.#clock.after(retryInMs, () => void this.#attempt(leaving?.url))
    this.#become({ state: 'reconnecting', attempt: this.#backoff.attempt, retryInMs, error })
  }

  #drop(code: number): void {
    this.#epoch += 1
    this.#cancelWatch()
    this.#attempting = false
    this.#welcomed = false
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) return
    socket.onmessage = null
    socket.onclose = null
    try {
      socket.close(code)
    } catch {
      // Some implementations refuse to close what never opened; it is out of use either way.
    }
  }

  #become(state: SocketState): void {
    this.#state = state.state
    this.#options.onState(state)
  }
}
