/** The operators' listener: health, and what observers mount. On loopback, or behind a token. */

import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { configError } from '../config/config-error.js'
import type { Config } from '../config/schema.js'
import { SignalError } from '../errors.js'
import type { AdminDoor, AdminPage } from '../tokens.js'
import { answerError, SAFE_HEADERS } from './http-answer.js'
import { jsonBody } from './json-body.js'
import { listen } from './listen.js'
import { isLoopback } from './loopback.js'
import { originAllowed } from './origin.js'
import { isOwnName } from './own-names.js'

/** Longest request, milliseconds. */
const REQUEST_MS = 10_000
/** Load balancers and supervisors ask these without a token; they tell nothing but a word. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/** Makes a page when it is asked for; `query` is that of the URL. */
type Page = (query: URLSearchParams) => AdminPage | Promise<AdminPage>

export interface AdminOptions {
  readonly host: string
  readonly port: number
  readonly token?: string | undefined
}

/** By default on loopback, at the port after the clients' one: a second server on a machine needs one number changed. */
export function adminOptions({ listen }: Config, admin: Exclude<Config['admin'], false>): AdminOptions {
  const beside = listen.port === 0 || listen.port === 65_535 ? 0 : listen.port + 1
  return { host: admin.host ?? '127.0.0.1', port: admin.port ?? beside, token: admin.token }
}

export class AdminListener implements AdminDoor {
  readonly #options: AdminOptions
  readonly #logger: Logger
  readonly #server: Server
  readonly #pages = new Map<string, Page>()
  readonly #actions = new Map<string, (body: unknown) => object | Promise<object>>()

  /** Throws a `ConfigError` when it would be open to the network without a token. */
  constructor(options: AdminOptions, logger: Logger) {
    if (!isLoopback(options.host) && options.token === undefined) {
      throw configError(
        'admin.token',
        `is missing, and admin.host is ${options.host}; set a token, or listen on 127.0.0.1`,
      )
    }
    this.#options = options
    this.#logger = logger
    this.#server = createServer({ headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS })
    this.#server.on('request', (request, response) => void this.#request(request, response))
  }

  async start(): Promise<void> {
    await listen(this.#server, this.#options.host, this.#options.port, 'admin')
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get host(): string {
    return this.#options.host
  }

  /** What was mounted to be read, in that order, by whoever may. */
  get operatorPaths(): readonly string[] {
    return [...this.#pages.keys()].filter((path) => !OPEN_PATHS.has(path))
  }

  mount(path: string, handle: Page): void {
    if (this.#pages.has(path)) throw new Error(`path: ${path} is served by another observer already`)
    this.#pages.set(path, handle)
  }

  /**
   * Does something on POST of exactly this path, with the JSON that came; answers with the JSON that `handle` returns,
   * or with the `SignalError` that it throws.
   */
  mountAction(path: string, handle: (body: unknown) => object | Promise<object>): void {
    this.#actions.set(path, handle)
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query] = (request.url ?? '').split('?', 2)
    const page = this.#pages.get(path)
    const action = this.#actions.get(path)
    const isOpen = OPEN_PATHS.has(path)
    const intrusion = isOpen ? undefined : this.#intrusion(request)
    if (intrusion !== undefined) {
      answerError(response, intrusion)
    } else if (!isOpen && !this.#authorized(request)) {
      answerError(response, new SignalError('E_ADMIN'), { 'WWW-Authenticate': 'Bearer' })
    } else if (action !== undefined) {
      if (request.method === 'POST')
        await this.#answer(async () => json(await action(await jsonBody(request))), response)
      else answerError(response, new SignalError('E_METHOD', 'only POST is answered here'), { Allow: 'POST' })
    } else if (page === undefined) {
      answerError(response, new SignalError('E_PATH'))
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      answerError(response, new SignalError('E_METHOD'), { Allow: 'GET, HEAD' })
    } else {
      await this.#answer(() => page(new URLSearchParams(query)), response)
    }
  }

  async #answer(page: () => AdminPage | Promise<AdminPage>, response: ServerResponse): Promise<void> {
    try {
      const { status = 200, contentType, body } = await page()
      response.writeHead(status, {
        ...SAFE_HEADERS,
        'Content-Type': contentType,
        'Content-Length': Buffer.byteLength(body),
        'Cache-Control': 'no-store',
      })
      response.end(body)
    } catch (error) {
      if (error instanceof SignalError) {
        answerError(response, error)
        return
      }
      this.#logger.error({ err: error }, 'a page of the admin listener failed')
      answerError(response, new SignalError('E_INTERNAL'))
    }
  }

  /**
   * Without a token, whoever is on this machine may ask; but not a web page through the browser of somebody on this
   * machine, under a name of its own (DNS rebinding) or without one.
   */
  #intrusion({ headers: { host, origin } }: IncomingMessage): SignalError | undefined {
    if (this.#options.token !== undefined) return undefined
    if (!isOwnName(host, new Set())) return new SignalError('E_HOST')
    if (!originAllowed(origin, host, { allowed: new Set(), secure: false }))
      return new SignalError('E_ORIGIN')
    return undefined
  }

  /** Compares digests, so that neither the token nor its length shows in the time. */
  #authorized(request: IncomingMessage): boolean {
    const { token } = this.#options
    if (token === undefined) return true
    const presented = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const digest = (text: string) => createHash('sha256').update(text).digest()
    return timingSafeEqual(digest(presented), digest(token))
  }
}

const json = (value: object): AdminPage => ({
  contentType: 'application/json',
  body: `${JSON.stringify(value)}\n`,
})
