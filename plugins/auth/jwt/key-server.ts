/** Key sets (RFC 7517 section 5) from a server: cached, asked seldom, and never the cause of a hang. */

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from 'jose'
import type { Clock, Logger } from '../../../core/api.js'

const TIMEOUT_MS = 4000
/** Unknown key ids ask the server again at most this often. */
const COOLDOWN_MS = 30_000
const MAX_AGE_MS = 600_000
/** After a failure the server is left alone this long: clients that retry must not become its load. */
const PAUSE_MS = 1000

/** The keys couldn't be had; nothing was learned about the token. */
export class KeyServerError extends Error {
  override readonly name = 'KeyServerError'
}

/** Looks keys up by the header of a token. Rejects with `KeyServerError` when the server can't be asked. */
export function keyServer(url: URL, clock: Clock, logger: Logger): JWTVerifyGetKey {
  let pausedUntil = Number.NEGATIVE_INFINITY
  const fetchKeys: FetchImplementation = async (address, init) => {
    if (clock.monotonic() < pausedUntil) throw new KeyServerError('the key server failed a moment ago')
    try {
      const response = await fetch(address, init)
      if (response.status !== 200) throw new Error(`status ${response.status}`)
      const keys = await response.json()
      createLocalJWKSet(keys) // throws unless it is a key set
      return Response.json(keys)
    } catch (cause) {
      pausedUntil = clock.monotonic() + PAUSE_MS
      logger.warn(
        { err: cause, server: url.host },
        'no keys from the key server; tokens of unknown keys wait',
      )
      throw new KeyServerError('the key server gave no keys', { cause })
    }
  }
  return createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: MAX_AGE_MS,
    [customFetch]: fetchKeys,
  })
}
