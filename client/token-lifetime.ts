/** How long a token holds, as far as it says so itself: a JWT (RFC 7519) does, and anybody may read it. */

/**
 * Milliseconds that a token holds from `nowMs`, the calendar's; undefined when it doesn't say. Only for a token that
 * the server has just taken: so one that seems to be over, or not to have begun, shows that our calendar is wrong, and
 * then the whole of its time counts.
 */
export function tokenLifetimeMs(token: string, nowMs: number): number | undefined {
  const { exp, iat } = claimsOf(token)
  if (typeof exp !== 'number') return undefined
  const leftMs = exp * 1000 - nowMs
  const wholeMs = typeof iat === 'number' ? (exp - iat) * 1000 : leftMs
  const lifetimeMs = leftMs > 0 ? Math.min(leftMs, wholeMs) : wholeMs
  return lifetimeMs > 0 ? lifetimeMs : undefined
}

/** Not verified: that is the server's part. */
function claimsOf(token: string): { exp?: unknown; iat?: unknown } {
  try {
    const claims = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    return JSON.parse(atob(claims)) ?? {}
  } catch {
    return {}
  }
}
