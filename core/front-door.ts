/** The one HTTP listener of the clients: paths, upgrades, origins and time-outs. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from './clock.js'
import type { Config } from './config/schema.js'
import type { FrontDoor, Upgrade } from './contracts/transport.js'
import { ERRORS, SignalError } from './errors.js'
import { answerError, answerUpgradeError } from './http-answer.js'
import { listen } from './listen.js'
import { originAllowed } from './origin.js'

/** Bytes of request line and headers; a longer request gets 431. */
const MAX_HEADER_BYTES = 16 * 1024
const KEEP_ALIVE_MS = 5000

type PathHandler = (request: IncomingMessage, response: ServerResponse) => void
type UpgradeHandler = (upgrade: Upgrade) => void

/** Told of upgrades that were refused before any transport saw them. */
export type RefusedUpgrade = (error: SignalError, address: string) => void

export class HttpFrontDoor implements FrontDoor {
  readonly #config: Pick<Config, 'listen' | 'limits'>
  readonly #clock: Clock
  readonly #origins: ReadonlySet<string>
  readonly #refused: RefusedUpgrade
  readonly #server: Server
  readonly #paths = new Map<string, PathHandler>()
  readonly #upgrades = new Map<string, UpgradeHandler>()
  /** Sockets whose upgrade is not complete. */
  readonly #pending = new Set<Duplex>()

  constructor(
    config: Pick<Config, 'listen' | 'limits' | 'origins'>,
    { clock, refused }: { clock: Clock; refused: RefusedUpgrade },
  ) {
    this.#config = config
    this.#clock = clock
    this.#origins = new Set(config.origins)
    this.#refused = refused
    const { handshakeMs } = config.limits
    this.#server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: handshakeMs,
      requestTimeout: handshakeMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(1000, handshakeMs),
      noDelay: true,
    })
    this.#server.on('request', (request, response) => this.#request(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Starts to accept. Throws a `ConfigError` when the address can't be had. */
  async start(): Promise<void> {
    const { host, port } = this.#config.listen
    await listen(this.#server, host, port, 'listen')
  }

  /** Stops to accept, at once, and ends every connection that isn't a transport's; those are the transports' to end. */
  stop(): void {
    for (const socket of this.#pending) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
  }

  /** The port that was given by the system, where the config asked for 0. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  mountPath(path: string, handle: PathHandler): void {
    if (this.#paths.has(path)) throw new Error(`path: ${path} is served by something else already`)
    this.#paths.set(path, handle)
  }

  mountUpgrade(path: string, handle: UpgradeHandler): void {
    if (this.#upgrades.has(path)) throw new Error(`path: ${path} is served by another transport already`)
    this.#upgrades.set(path, handle)
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const path = urlOf(request)?.pathname ?? ''
    const handle = this.#paths.get(path)
    if (handle === undefined) {
      const upgrade = { Connection: 'Upgrade, close', Upgrade: 'websocket' }
      if (this.#upgrades.has(path)) answerError(response, new SignalError('E_UPGRADE'), upgrade)
      else answerError(response, new SignalError('E_PATH'))
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      answerError(response, new SignalError('E_METHOD'), { Allow: 'GET, HEAD' })
    } else {
      handle(request, response)
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const address = (socket as Socket).remoteAddress ?? ''
    const url = urlOf(request)
    const handle = this.#upgrades.get(url?.pathname ?? '')
    const { origin, host } = request.headers
    if (url === undefined || handle === undefined) {
      this.#refuse(socket, address, new SignalError('E_PATH'))
    } else if (!originAllowed(origin, host, this.#origins)) {
      this.#refuse(socket, address, new SignalError('E_ORIGIN'))
    } else if (this.#pending.size >= this.#config.limits.handshakes) {
      this.#refuse(socket, address, new SignalError('E_BUSY', ERRORS.E_BUSY.meaning, 1000))
    } else {
      this.#hand(handle, { request, socket, head, url, address })
    }
  }

  /** Node ends its own time-outs with the upgrade: from here on this one bounds the handshake. */
  #hand(handle: UpgradeHandler, upgrade: Omit<Upgrade, 'done' | 'refuse'>): void {
    const { socket } = upgrade
    const timer = this.#clock.after(this.#config.limits.handshakeMs, () => socket.destroy())
    const done = () => {
      timer.cancel()
      this.#pending.delete(socket)
    }
    this.#pending.add(socket)
    socket.once('close', done)
    handle({ ...upgrade, done, refuse: (error) => answerUpgradeError(socket, error) })
  }

  #refuse(socket: Duplex, address: string, error: SignalError): void {
    this.#refused(error, address)
    answerUpgradeError(socket, error)
  }
}

/** The URL of a request, or undefined when it is none. The host part means nothing. */
function urlOf(request: IncomingMessage): URL | undefined {
  try {
    return new URL(request.url ?? '', 'http://host')
  } catch {
    return undefined
  }
}
