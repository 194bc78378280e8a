/** Asks an HTTP backend who presents a token. */

import { createHash } from 'node:crypto'
import {
  type Auth,
  backendUrl,
  CLOCK,
  type Clock,
  type Credentials,
  credentialHash,
  definePlugin,
  inject,
  injectable,
  LOGGER,
  type Logger,
  OPTIONS,
  type Principal,
  SignalError,
  type Static,
  Type,
} from '../../core/api.js'
import { AnswerCache } from './webhook/answer-cache.js'
import { Backend } from './webhook/backend.js'
import { CircuitBreaker } from './webhook/circuit-breaker.js'

const MIN_SECRET_BYTES = 32

const options = Type.Object({
  url: Type.String({ description: 'where to ask, by POST; https, or http on this machine' }),
  secret: Type.String({
    description: 'signs the requests (HMAC-SHA256), 32 bytes or more, known to the backend too',
  }),
  timeoutMs: Type.Integer({
    minimum: 10,
    maximum: 60_000,
    default: 2000,
    description: 'how long the backend may take; less than `limits.handshakeMs`',
  }),
  whenDown: Type.Union([Type.Literal('refuse'), Type.Literal('pass')], {
    default: 'refuse',
    description:
      'while the backend is down: refuse, so that clients come back later, or ask the next auth plugin',
  }),
  cacheMs: Type.Integer({
    minimum: 0,
    maximum: 3_600_000,
    default: 10_000,
    description: 'how long an answer is good for the same token and address; 0: ask each time',
  }),
  cacheSize: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 10_000,
    description: 'answers remembered',
  }),
  failures: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 5,
    description: 'failures in a row after which the backend is left alone',
  }),
  pauseMs: Type.Integer({
    minimum: 100,
    maximum: 600_000,
    default: 10_000,
    description: 'for how long; then one request tries whether it is back',
  }),
})

type Options = Static<typeof options>

/** A decision that holds for a while. `expiresAt` counts from the answer, not from its use. */
type Decision = Principal | 'unknown' | 'refused'

@injectable()
class WebhookAuth implements Auth {
  readonly #options: Options
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #backend: Backend
  readonly #breaker: CircuitBreaker
  readonly #cache: AnswerCache<Decision>
  /** Questions under way: who asks the same meanwhile waits for the same answer. */
  readonly #asked = new Map<string, Promise<Decision | undefined>>()

  constructor(@inject(OPTIONS) chosen: Options, @inject(CLOCK) clock: Clock, @inject(LOGGER) logger: Logger) {
    this.#options = chosen
    this.#clock = clock
    this.#logger = logger
    const { secret, timeoutMs, failures, pauseMs, cacheSize } = chosen
    const bytes = Buffer.byteLength(secret)
    if (bytes < MIN_SECRET_BYTES) {
      throw new Error(
        `secret: has ${bytes} bytes; ${MIN_SECRET_BYTES} or more (try: openssl rand -base64 48)`,
      )
    }
    this.#backend = new Backend({ url: backendUrl('url', chosen.url), secret, timeoutMs }, clock)
    this.#breaker = new CircuitBreaker(clock, { failures, pauseMs })
    this.#cache = new AnswerCache(clock, cacheSize)
  }

  /** Passes on who presents no token. While the backend is down: E_TIMEOUT, or passes on (`whenDown`). */
  async authenticate(credentials: Credentials): Promise<Principal | undefined> {
    if (credentials.token === undefined) return undefined
    const key = keyOf(credentials.token, credentials.address)
    const decision = this.#cache.get(key) ?? (await this.#ask(key, credentials))
    if (decision === undefined) {
      if (this.#options.whenDown === 'pass') return undefined
      throw new SignalError('E_TIMEOUT')
    }
    if (decision === 'refused') throw new SignalError('E_AUTH')
    return decision === 'unknown' ? undefined : decision
  }

  /** Undefined when the backend is down. */
  #ask(key: string, credentials: Credentials): Promise<Decision | undefined> {
    let asked = this.#asked.get(key)
    if (asked === undefined) {
      if (!this.#breaker.admits()) return Promise.resolve(undefined)
      asked = this.#decide(key, credentials).finally(() => this.#asked.delete(key))
      this.#asked.set(key, asked)
    }
    return asked
  }

  async #decide(key: string, credentials: Credentials): Promise<Decision | undefined> {
    const { cacheMs } = this.#options
    try {
      const answer = await this.#backend.ask(credentials)
      this.#breaker.succeeded()
      const decision = typeof answer === 'string' ? answer : this.#principal(answer)
      this.#cache.set(key, decision, cacheMs)
      return decision
    } catch (error) {
      this.#failed(credentials, error)
      return undefined
    }
  }

  #principal({
    id,
    grants = {},
    expiresInSeconds,
  }: {
    id: string
    grants?: object
    expiresInSeconds?: number
  }): Principal {
    if (expiresInSeconds === undefined) return { id, grants }
    return { id, grants, expiresAt: this.#clock.now() + expiresInSeconds * 1000 }
  }

  #failed({ token }: Credentials, error: unknown): void {
    const hasOpened = this.#breaker.failed()
    this.#logger.warn(
      {
        err: error,
        credential: credentialHash(token!),
        ...(hasOpened ? { pauseMs: this.#options.pauseMs } : {}),
      },
      hasOpened ? 'the auth backend is left alone for a while' : 'the auth backend gave no answer',
    )
  }
}

/** Not the token itself: what is in memory for long ends up in a dump. */
const keyOf = (token: string, address: string): string =>
  createHash('sha256').update(`${address}\n${token}`).digest('base64url')

export default definePlugin({
  kind: 'auth',
  name: 'webhook',
  description: 'Asks an HTTP backend, with signed requests, a cache, and a pause when it fails.',
  options,
  useClass: WebhookAuth,
})
