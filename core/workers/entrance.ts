/**
 * Where clients come in when several workers serve them: accepts connections, reads no further than the first line, and
 * passes them on with all that was read.
 */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../clock.js'
import { listen } from '../http/listen.js'
import { INCOMPLETE, roomOf } from './request-line.js'

/** A first line that is longer than all headers may be has no room; the worker refuses it (431). */
const MAX_HEAD_BYTES = 16 * 1024

/** A connection that waits to be handed to a worker. It ends when that takes too long, or the client goes. */
export interface Arrival {
  readonly socket: Socket
  /** What was read from it: nothing over TLS. */
  readonly head: Buffer
  /** The room that it asks for in its first line, if any. */
  readonly room: string | undefined
  /** Ends the wait: it is handed over now. False: the client has gone. */
  release(): boolean
}

export interface EntranceOptions {
  readonly host: string
  readonly port: number
  /** Whether the first bytes are TLS: nothing is read then. */
  readonly secure: boolean
  /** Connections that wait at a time, and how long each may. One too many ends the one that has been silent longest. */
  readonly limit: number
  readonly limitMs: number
  readonly clock: Clock
  /** Called with each connection, once its first line is there. */
  arrived(arrival: Arrival): void
}

/** The handle of a socket, as far as it is used here; Node documents none of it. */
interface Handle {
  readStop(): void
}

export class Entrance {
  readonly #options: EntranceOptions
  readonly #server: Server
  readonly #waiting = new Set<Socket>()
  /** Those of them whose first line isn't there, the oldest first. */
  readonly #silent = new Set<Socket>()
  #dropped = 0

  constructor(options: EntranceOptions) {
    this.#options = options
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  /** Throws a `ConfigError` when the address can't be had. */
  async start(): Promise<void> {
    await listen(this.#server, this.#options.host, this.#options.port, 'listen')
  }

  /** Accepts no more, and ends whoever waits. */
  stop(): void {
    this.#server.close()
    for (const socket of this.#waiting) socket.destroy()
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections that wait for their first line, or for a worker. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Connections that were ended here: one too many, or too slow. */
  get dropped(): number {
    return this.#dropped
  }

  #accept(socket: Socket): void {
    const { clock, limit, limitMs, secure } = this.#options
    if (this.#waiting.size >= limit) this.#drop(this.#oldest() ?? socket)
    if (socket.destroyed) return
    const timer = clock.after(limitMs, () => this.#drop(socket))
    const gone = () => {
      timer.cancel()
      this.#waiting.delete(socket)
      this.#silent.delete(socket)
    }
    this.#waiting.add(socket)
    socket.once('close', gone)
    socket.on('error', () => socket.destroy())
    const release = (): boolean => {
      gone()
      return !socket.destroyed
    }
    if (secure) this.#options.arrived({ socket, head: NOTHING, room: undefined, release })
    else this.#readLine(socket, release)
  }

  /** Who has been silent for longest: whoever means to come in asks at once, and waits behind nobody who doesn't. */
  #oldest(): Socket | undefined {
    const [oldest] = this.#silent
    return oldest
  }

  #drop(socket: Socket): void {
    this.#dropped++
    this.#waiting.delete(socket)
    this.#silent.delete(socket)
    socket.destroy()
  }

  #readLine(socket: Socket, release: () => boolean): void {
    this.#silent.add(socket)
    let head: Buffer = NOTHING
    const read = (chunk: Buffer): void => {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      const found = roomOf(head)
      if (found === INCOMPLETE && head.length < MAX_HEAD_BYTES)
        return // At once: what would be read after this, nobody would pass on. `pause` alone lets the read under way go on.
      ;(socket as unknown as { _handle: Handle })._handle.readStop()
      this.#silent.delete(socket)
      socket.off('data', read)
      socket.off('end', leave)
      this.#options.arrived({ socket, head, room: found === INCOMPLETE ? undefined : found, release })
    }
    // Who ends its side before it has asked for anything isn't waited for.
    const leave = () => socket.destroy()
    socket.on('data', read)
    socket.once('end', leave)
    socket.resume()
  }
}

const NOTHING = Buffer.alloc(0)
