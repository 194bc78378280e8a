/** What each attempt to connect asks anew: where to, and by what right. */

import { socketUrl } from './address.js'
import { SignalboxError } from './errors.js'

export class Approach {
  readonly #url: URL
  readonly #token: string | (() => string | Promise<string>) | undefined

  /** Throws E_SETUP. */
  constructor(url: string | URL, token: string | (() => string | Promise<string>) | undefined) {
    this.#url = socketUrl(url)
    this.#token = token
  }

  /** The server, or the one that a leaving server named instead; it may not talk us out of encryption. */
  target(override: string | undefined): URL {
    const url = override === undefined ? this.#url : socketUrl(override)
    return this.#url.protocol === 'wss:' && url.protocol === 'ws:' ? this.#url : url
  }

  /** The token, a fresh one where there is a function for it. Rejects with E_TOKEN. */
  async token(): Promise<string | undefined> {
    if (typeof this.#token !== 'function') return this.#token
    try {
      return await this.#token()
    } catch (cause) {
      throw new SignalboxError('E_TOKEN', 'the function that gives the token failed', { cause })
    }
  }
}
