/** The one HTTP(S) listener of the clients: paths, upgrades, names, origins, addresses and time-outs. */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import type { Config } from '../config/schema.js'
import type { FrontDoor, Upgrade } from '../contracts/transport.js'
import { ERRORS, SignalError } from '../errors.js'
import { answerError, answerUpgradeError, responseWithoutUpgrade } from './http-answer.js'
import { listen } from './listen.js'
import { isLoopback } from './loopback.js'
import { allowList, originAllowed } from './origin.js'
import { isOwnName } from './own-names.js'
import { TlsFiles } from './tls-files.js'
import { TlsHandshakes } from './tls-handshakes.js'
import { TrustedProxies } from './trusted-proxies.js'

/** Bytes of request line and headers; a longer request gets 431. */
const MAX_HEADER_BYTES = 16 * 1024
const MAX_HEADERS = 100
const KEEP_ALIVE_MS = 5000
/** A browser that has been here over TLS once comes back over TLS only, for a year (RFC 6797). */
const STRICT_TRANSPORT_SECURITY = 'max-age=31536000'

type PathHandler = (request: IncomingMessage, response: ServerResponse) => void
type UpgradeHandler = (upgrade: Upgrade) => void

/** How Node counts the connections of a server; it documents only the limit. */
interface Counting {
  _connections: number
}

export interface FrontDoorOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Where the paths of certificates start. */
  readonly directory: string
  /** False: nothing is bound, and connections come by `take` alone. */
  readonly binds: boolean
  /** Told of upgrades that were refused before any transport saw them. */
  refused(error: SignalError, address: string): void
}

export class HttpFrontDoor implements FrontDoor {
  readonly #config: Pick<Config, 'listen' | 'limits'>
  readonly #options: FrontDoorOptions
  readonly #names: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>
  readonly #proxies: TrustedProxies
  readonly #tls: TlsFiles | undefined
  readonly #tlsHandshakes: TlsHandshakes | undefined
  readonly #server: Server | TlsServer
  readonly #paths = new Map<string, PathHandler>()
  readonly #upgrades = new Map<string, UpgradeHandler>()
  /** Sockets whose upgrade is not complete. */
  readonly #pending = new Set<Duplex>()
  #isOpen = false

  /** Throws a `ConfigError` for what only turns out here: networks, origins, certificates. */
  constructor(config: Pick<Config, 'listen' | 'limits' | 'origins'>, options: FrontDoorOptions) {
    const { listen, limits, origins } = config
    this.#config = config
    this.#options = options
    this.#names = new Set(listen.names)
    this.#origins = allowList(origins)
    this.#proxies = new TrustedProxies(listen.proxies)
    const server: ServerOptions = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: limits.handshakeMs,
      requestTimeout: limits.handshakeMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(1000, limits.handshakeMs),
      noDelay: true,
    }
    if (listen.tls === undefined) {
      this.#server = createServer(server)
    } else {
      this.#tls = new TlsFiles(listen.tls, options)
      const secure = createTlsServer({
        ...server,
        ...this.#tls.context,
        handshakeTimeout: limits.handshakeMs,
        requestCert: listen.tls.clientCa !== undefined,
      })
      this.#tlsHandshakes = new TlsHandshakes(secure, limits.handshakes)
      this.#server = secure
    }
    // Node would leave out what is beyond its limit, and with it perhaps an Origin: they are counted here instead.
    this.#server.maxHeadersCount = 0
    this.#server.maxConnections = limits.peers + limits.handshakes
    this.#server.on('request', (request, response) => this.#request(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Starts to accept. Throws a `ConfigError` when the address can't be had. */
  async start(): Promise<void> {
    const { host, port } = this.#config.listen
    if (this.#options.binds) await listen(this.#server, host, port, 'listen')
    else this.#server.emit('listening') // from then on Node looks for requests that are late
    this.#isOpen = true
    this.#tls?.follow((context) => (this.#server as TlsServer).setSecureContext(context))
  }

  /** Stops to accept, at once, and ends every connection that isn't a transport's; those are the transports' to end. */
  stop(): void {
    for (const socket of this.#pending) socket.destroy()
    this.#tls?.stop()
    this.#tlsHandshakes?.stop()
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#server.close()
    this.#server.closeAllConnections()
  }

  /**
   * Takes a connection that somebody else has accepted, with the bytes that were read from it. It is treated like any
   * other: limits, deadlines, TLS. Call it at once when the socket comes, before it could read more.
   */
  take(socket: Socket, head: Buffer): void {
    const server = this.#server as (Server | TlsServer) & Counting
    if (!this.#isOpen || server._connections >= server.maxConnections) {
      socket.destroy()
      return
    }
    // As Node does it with a connection that it has accepted itself; the socket's end takes it from the count.
    server._connections++
    Object.assign(socket, { _server: server, allowHalfOpen: this.#tls === undefined })
    server.emit('connection', socket)
    if (head.length > 0) socket.unshift(head)
    socket.resume()
  }

  /** The port that was given by the system, where the config asked for 0; the config's where nothing is bound. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#config.listen.port
  }

  /** Handshakes under way. */
  get handshakes(): number {
    return this.#pending.size
  }

  /** Where clients connect: the paths that take upgrades. */
  get upgradePaths(): readonly string[] {
    return [...this.#upgrades.keys()]
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
    if (this.#tls) response.setHeader('Strict-Transport-Security', STRICT_TRANSPORT_SECURITY)
    const path = urlOf(request)?.pathname ?? ''
    const handle = this.#paths.get(path)
    const objection = this.#objection(request)
    if (objection !== undefined) {
      answerError(response, objection, { Connection: 'close' })
    } else if (handle === undefined) {
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
    if (!/\bwebsocket\b/i.test(request.headers.upgrade ?? '')) {
      // Whoever asks for what isn't known is answered as if it hadn't asked (RFC 9110 section 7.8): h2c, mostly.
      const response = responseWithoutUpgrade(request, socket as Socket, this.#config.limits.handshakeMs)
      this.#request(request, response)
      return
    }
    const { origin, host, 'x-forwarded-for': forwardedFor } = request.headers
    const remote = (socket as Socket).remoteAddress ?? ''
    const address = this.#proxies.addressOf(remote, forwardedFor?.toString())
    const url = urlOf(request)
    const handle = this.#upgrades.get(url?.pathname ?? '')
    const objection = this.#objection(request)
    const own = { allowed: this.#origins, secure: this.#tls !== undefined }
    if (objection !== undefined) {
      this.#refuse(socket, address, objection)
    } else if (url === undefined || handle === undefined) {
      this.#refuse(socket, address, new SignalError('E_PATH'))
    } else if (!originAllowed(origin, host, own)) {
      this.#refuse(socket, address, new SignalError('E_ORIGIN'))
    } else if (this.#pending.size >= this.#config.limits.handshakes) {
      this.#refuse(socket, address, new SignalError('E_BUSY', ERRORS.E_BUSY.meaning, 1000))
    } else {
      this.#hand(handle, { request, socket, head, url, address })
    }
  }

  /** What is wrong with a request, whatever it asks for. */
  #objection({ rawHeaders, headers }: IncomingMessage): SignalError | undefined {
    if (rawHeaders.length > 2 * MAX_HEADERS) return new SignalError('E_HEADERS')
    const isChoosy = this.#names.size > 0 || isLoopback(this.#config.listen.host)
    if (isChoosy && !isOwnName(headers.host, this.#names)) return new SignalError('E_HOST')
    return undefined
  }

  /** Node ends its own time-outs with the upgrade: from here on this one bounds the handshake. */
  #hand(handle: UpgradeHandler, upgrade: Omit<Upgrade, 'done' | 'refuse'>): void {
    const { socket } = upgrade
    const leave = () => socket.destroy()
    const timer = this.#options.clock.after(this.#config.limits.handshakeMs, leave)
    const done = () => {
      timer.cancel()
      socket.off('end', leave)
      this.#pending.delete(socket)
    }
    this.#pending.add(socket)
    // Who ends its side before the answer has gone away, and isn't waited for.
    socket.once('end', leave)
    socket.once('close', done)
    handle({ ...upgrade, done, refuse: (error) => answerUpgradeError(socket, error) })
  }

  #refuse(socket: Duplex, address: string, error: SignalError): void {
    this.#options.refused(error, address)
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
