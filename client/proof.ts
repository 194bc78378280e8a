/**
 * How two peers that lost the server find each other again without trusting the room. Each end of a connection has sent
 * a secret along with its descriptions, so the two ends share a bond that no third member has seen. A proof of it is
 * good for one pair of ids, which the server writes: shown to anybody else, it is worth nothing.
 */

import { base64url } from './base64url.js'

/** 128 bits, for one end of one connection. */
export function secret(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(16)))
}

/** What both ends know once each has sent its secret: the same from either end. */
export function bondOf(mine: string, theirs: string): string {
  return [mine, theirs].sort().join()
}

/** Browsers hash on secure pages only (https, localhost), as they open cameras. */
export function canProve(): boolean {
  return globalThis.crypto?.subtle !== undefined
}

/** Shows that the peer `from` holds the bond, to the peer `to` alone. Call it only where `canProve`. */
export async function proofOf(bond: string, from: string, to: string): Promise<string> {
  const bytes = new TextEncoder().encode(`${bond},${from},${to}`)
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
