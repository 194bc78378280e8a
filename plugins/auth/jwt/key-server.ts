/** Key sets (RFC 7517 section 5) from a server: cached, asked seldom, and never the cause of a hang. */

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { boundedText, type Clock, type Logger } from '../../../core/api.js'

/** How long the server may take, milliseconds, as are all that follow. */
const TIMEOUT_MS = 4000
/** Keys are fetched anew after this, so that a key that was withdrawn stops to be good. */
const MAX_AGE_MS = 600_000
/** While the server is away, the keys that are known go on to be good until they are this old. */
const MAX_STALE_MS = 3_600_000
/** A token of an unknown key makes us ask again, for a key that is new; at most this often. */
const COOLDOWN_MS = 30_000
/** After a failure the server is left alone this long: clients that retry must not become its load. */
const PAUSE_MS = 1000
const MAX_BYTES = 256 * 1024

/** The keys couldn't be had; nothing was learned about the token. */
export class KeyServerError extends Error {
  override readonly name = 'KeyServerError'
}

interface Cached {
  readonly find: JWTVerifyGetKey
  readonly fetchedAt: number
}

export class KeyServer {
  readonly #url: URL
  readonly #clock: Clock
  readonly #logger: Logger
  #cached: Cached | undefined
  #loading: Promise<Cached> | undefined
  #pausedUntil = Number.NEGATIVE_INFINITY

  constructor(url: URL, clock: Clock, logger: Logger) {
    this.#url = url
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * The key that a token's header names. Only `kid` and `alg` are looked at, and only to choose among the keys of the
   * configured server. Rejects with `KeyServerError` when the server can't be asked and there are no keys to go by.
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const known = await this.#fresh()
    try {
      return await known.find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#age(known) < COOLDOWN_MS) throw error
      const renewed = await this.#load().catch(() => undefined)
      if (renewed === undefined) throw error
      return renewed.find(header, token)
    }
  }

  /** Keys of an age at which they may be used. */
  async #fresh(): Promise<Cached> {
    const cached = this.#cached
    if (cached !== undefined && this.#age(cached) < MAX_AGE_MS) return cached
    try {
      return await this.#load()
    } catch (error) {
      if (cached !== undefined && this.#age(cached) < MAX_STALE_MS) return cached
      throw error
    }
  }

  #age({ fetchedAt }: Cached): number {
    return this.#clock.monotonic() - fetchedAt
  }

  /** Asks the server; all who want to know at the same time share one answer. */
  #load(): Promise<Cached> {
    if (this.#clock.monotonic() < this.#pausedUntil) {
      return Promise.reject(new KeyServerError('the key server failed a moment ago'))
    }
    this.#loading ??= this.#ask().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #ask(): Promise<Cached> {
    try {
      const keys = createLocalJWKSet(await fetchKeys(this.#url)) // throws unless it is a key set
      this.#cached = { find: keys, fetchedAt: this.#clock.monotonic() }
      return this.#cached
    } catch (cause) {
      this.#pausedUntil = this.#clock.monotonic() + PAUSE_MS
      this.#logger.warn({ err: cause, server: this.#url.host }, 'no keys from the key server')
      throw new KeyServerError('the key server gave no keys', { cause })
    }
  }
}

async function fetchKeys(url: URL): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { Accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await boundedText(response, MAX_BYTES)
  if (response.status !== 200) throw new Error(`status ${response.status}`)
  return JSON.parse(text) as JSONWebKeySet
}
