/** The URLs of STUN (RFC 7064) and TURN (RFC 7065) servers. */

const HOST = String.raw`(?:\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)`
const STUN = new RegExp(`^stuns?:${HOST}(?::(\\d{1,5}))?$`, 'i')
const TURN = new RegExp(`^turns?:${HOST}(?::(\\d{1,5}))?(?:\\?transport=(?:udp|tcp))?$`, 'i')

/** Whether a browser would take this URL of a STUN or TURN server. */
export function isIceUrl(url: string): boolean {
  const match = STUN.exec(url) ?? TURN.exec(url)
  if (match === null) return false
  const port = Number(match[1] ?? 3478)
  return port >= 1 && port <= 65_535
}

export const isTurnUrl = (url: string): boolean => /^turns?:/i.test(url)
