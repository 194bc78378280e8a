/**
 * Against DNS rebinding: a page may point its own name at this machine, and its browser then takes the server behind
 * for the page's own. What gives it away is the Host header. An IP address can't be pointed elsewhere, and `localhost`
 * always means this machine (RFC 6761 section 6.3).
 */

import { isIP } from 'node:net'
import { hostUrl } from './host-url.js'

/** Whether a Host header names this server: by address, as `localhost`, or by one of `names`. No browser sends none. */
export function isOwnName(host: string | undefined, names: ReadonlySet<string>): boolean {
  if (host === undefined) return true
  const name = hostUrl('http', host)?.hostname ?? ''
  const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0
  return isAddress || name === 'localhost' || name.endsWith('.localhost') || names.has(name)
}
