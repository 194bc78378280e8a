/** Where to connect: the handshake's URL and subprotocols. */

import { type Json, RESUME_PREFIX, SUBPROTOCOL, TOKEN_PREFIX } from '../core/protocol.js'
import { base64url } from './base64url.js'
import { SignalboxError } from './errors.js'

/** Longest URL that may carry a room; servers and proxies refuse long ones. */
const URL_LIMIT = 4_000

/**
 * The WebSocket URL behind `url`: http and https become ws and wss, and a relative one is resolved against the page.
 * Throws E_SETUP.
 */
export function socketUrl(url: string | URL): URL {
  const base = typeof location === 'undefined' ? undefined : location.href
  let parsed: URL
  try {
    parsed = new URL(url, base)
  } catch (cause) {
    throw new SignalboxError('E_SETUP', `not a URL: ${String(url)}`, { cause })
  }
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws')
  parsed.hash = ''
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw new SignalboxError('E_SETUP', `not a WebSocket URL: ${String(url)}`)
  }
  return parsed
}

/** `url` with the room that is to be joined in the handshake; undefined when that would make it too long. */
export function joiningUrl(url: URL, room: string, data: Json | undefined): string | undefined {
  const joining = new URL(url)
  joining.searchParams.set('room', room)
  if (data !== undefined) joining.searchParams.set('data', JSON.stringify(data))
  return joining.href.length > URL_LIMIT ? undefined : joining.href
}

/** What to go on with: the ticket of the last session, and how many of its counted frames have arrived. */
export interface Resumption {
  readonly ticket: string
  readonly seen: number
}

/** What to offer: browsers can't set headers, so token and ticket travel as further subprotocols. */
export function offeredProtocols(token: string | undefined, resume?: Resumption): string[] {
  const protocols: string[] = [SUBPROTOCOL]
  if (token) protocols.push(TOKEN_PREFIX + base64url(new TextEncoder().encode(token)))
  if (resume) protocols.push(`${RESUME_PREFIX}${resume.ticket}.${resume.seen}`)
  return protocols
}
