/** A real server on a free port of 127.0.0.1, and raw clients that speak the protocol by hand. */

import { WebSocket } from 'ws'
import { type Clock, systemClock } from '../core/clock.js'
import type { EngineName } from '../core/engine/engine.js'
import { RESUME_PREFIX, SUBPROTOCOL, TOKEN_PREFIX } from '../core/protocol.js'
import { createServer, type Server } from '../core/server.js'
import { plant, plantAll, watchedLogger } from './log-watch.js'
import type { Defer } from './suite.js'

/** Any message of the server; tests look into it. */
// biome-ignore lint/suspicious/noExplicitAny: tests read fields of many shapes
export type Received = { type: string } & Record<string, any>

export interface LiveServer {
  readonly server: Server
  readonly url: string
  readonly adminUrl: string | undefined
  /** Opens a client and waits for its `welcome`. */
  client(options?: ClientOptions): Promise<RawClient>
  /** Opens a client without waiting for anything. */
  dial(options?: ClientOptions): RawClient
}

export interface ClientOptions {
  /** Query of the URL: `room=kitchen`. */
  readonly query?: string
  readonly token?: string
  readonly headers?: Record<string, string>
  readonly protocols?: readonly string[]
  /** What stands behind the prefix that asks for a session: see `RawClient.resume`. */
  readonly resume?: string
}

/** Starts a server with `config` over the defaults, and stops it when the test ends. */
export async function liveServer(
  defer: Defer,
  engine: EngineName,
  config: Record<string, unknown> = {},
  clock: Clock = systemClock,
): Promise<LiveServer> {
  const server = await createServer(
    { listen: { port: 0 }, admin: false, page: false, engine, ...config },
    { logger: watchedLogger(defer), clock },
  )
  const { url, adminUrl } = await server.start()
  defer(() => server.stop())
  const dial = (options: ClientOptions = {}) => {
    const client = new RawClient(url, options)
    defer(() => client.socket.terminate())
    return client
  }
  return {
    server,
    url,
    adminUrl,
    dial,
    client: async (options) => {
      const client = dial(options)
      await client.next('welcome')
      return client
    },
  }
}

/** A client that keeps what it receives until the test asks for it. */
export class RawClient {
  readonly socket: WebSocket
  /** What was received and not asked for yet. */
  readonly inbox: Received[] = []
  /** The peer id, once `welcome` was seen. */
  id = ''
  /** The ticket that `welcome` brought. */
  ticket = ''
  /** Counted frames of the session. */
  seen = 0
  /** The code and reason of the close. */
  readonly closed: Promise<{ code: number; reason: string }>
  /** The status of a refused handshake. */
  readonly refused: Promise<{ status: number; body: string }>
  #wake: () => void = () => {}

  constructor(url: string, { query = '', token, headers = {}, ...options }: ClientOptions) {
    const { protocols = [SUBPROTOCOL], resume } = options
    plant(token ?? '')
    const offered = token === undefined ? [...protocols] : [...protocols, tokenProtocol(token)]
    if (resume !== undefined) offered.push(RESUME_PREFIX + resume)
    this.seen = Number(/\.(\d+)$/.exec(resume ?? '')?.[1] ?? 0)
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/signal${query && `?${query}`}`, offered, {
      headers,
    })
    this.socket.on('error', () => {})
    this.socket.on('message', (bytes) => {
      const message = JSON.parse(bytes.toString()) as Received
      if (message.type === 'welcome') this.#welcome(message)
      else if ('room' in message) this.seen++
      this.inbox.push(message)
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        this.#wake()
      })
    })
    this.refused = new Promise((resolve) => {
      this.socket.on('unexpected-response', (_request, response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body })
          this.socket.terminate() // ws leaves that to whoever listens
        })
      })
    })
  }

  #welcome({ peer, session }: Received): void {
    this.id = peer
    this.ticket = session.ticket
    plant(session.ticket ?? '')
    if (!session.resumed) this.seen = 0
  }

  /** What to ask another socket with to go on with this session. */
  get resume(): string {
    return `${this.ticket}.${this.seen}`
  }

  /** Loses the socket without a word, and waits until the server knows. */
  async cut(server: Server): Promise<void> {
    const before = server.stats.detached + server.stats.resumes
    this.socket.terminate()
    await until(() => server.stats.detached + server.stats.resumes > before, 'the session to be detached')
  }

  send(message: object | string): void {
    if (typeof message !== 'string') plantAll((message as { data?: unknown }).data)
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The next message of a type; earlier ones of other types stay in the inbox. Pings are answered by nobody. */
  async next(type: string): Promise<Received> {
    for (;;) {
      const index = this.inbox.findIndex((message) => message.type === type)
      if (index >= 0) return this.inbox.splice(index, 1)[0]!
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed while waiting for ${type}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async join(room: string, data?: unknown): Promise<Received> {
    this.send({ type: 'join', room, ...(data === undefined ? {} : { data }) })
    return this.next('joined')
  }

  /** Waits until the server has handled everything sent so far, and everything it sent has arrived. */
  async settled(): Promise<void> {
    const pong = new Promise((resolve) => this.socket.once('pong', resolve))
    this.socket.ping()
    await pong
    // The answer to a ping overtakes frames of the same tick: one more round trip is behind them.
    const again = new Promise((resolve) => this.socket.once('pong', resolve))
    setImmediate(() => this.socket.ping())
    await again
  }
}

export const tokenProtocol = (token: string): string =>
  TOKEN_PREFIX + Buffer.from(token).toString('base64url')

/** How long something may take that a busy machine does late, milliseconds; less than a test has. */
const PATIENCE_MS = 25_000

/** Polls, for what no event tells. `what` is said when it doesn't come; what is asked for speaks for itself else. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const start = performance.now()
  while (!condition()) {
    if (performance.now() - start > PATIENCE_MS) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
