/**
 * Whether a browser's page may connect. A missing Origin (RFC 6454) isn't a browser and passes; the server's own
 * host passes; everything else must stand on the list, letter for letter.
 */
export function originAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: ReadonlySet<string>,
): boolean {
  if (origin === undefined) return true
  if (allowed.has(origin)) return true
  if (host === undefined) return false
  return origin === `http://${host}` || origin === `https://${host}`
}
