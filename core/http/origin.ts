/** Which web pages may connect (RFC 6454). */

import { configError } from '../config/config-error.js'
import { hostUrl } from './host-url.js'

/** Throws a `ConfigError` for an origin in a form that no browser sends, since it would never match. */
export function allowList(origins: readonly string[]): ReadonlySet<string> {
  for (const [i, origin] of origins.entries()) {
    const sent = URL.canParse(origin) ? new URL(origin).origin : undefined
    if (sent === undefined)
      throw configError(`origins[${i}]`, 'is no origin; write it as https://app.example')
    if (sent !== origin) throw configError(`origins[${i}]`, `is sent as ${sent} by browsers; write that`)
  }
  return new Set(origins)
}

/**
 * Whether a browser's page may connect. A missing Origin isn't a browser and passes; the server's own host passes, over
 * TLS (`secure`) only as https; everything else must stand on the list, letter for letter. Of the own host, a port that
 * is the scheme's own may be told or not: a proxy may put it into the Host.
 */
export function originAllowed(
  origin: string | undefined,
  host: string | undefined,
  { allowed, secure }: { allowed: ReadonlySet<string>; secure: boolean },
): boolean {
  if (origin === undefined || allowed.has(origin)) return true
  if (host === undefined) return false
  return origin === hostUrl('https', host)?.origin || (!secure && origin === hostUrl('http', host)?.origin)
}
