/**
 * What no log of a server may hold, whatever its clients send: tokens, tickets, payloads, SDP, ICE candidates. The
 * servers of the suite log at level trace into a watch, and a test whose server has said too much fails.
 */

import { type Logger, pino } from 'pino'
import type { Defer } from './suite.js'

/** Forms of SDP, candidates and credentials, whoever wrote them. */
const FORBIDDEN: readonly RegExp[] = [
  /v=0(\\r|\\n|\s)/,
  /candidate:\S+ \d/,
  /a=(fingerprint|ice-pwd|ice-ufrag)/,
  /signalbox\.(token|resume)\.[\w-]/,
  /bearer +\w/i,
]
/** Shorter strings stand in logs by chance. */
const SECRET_LENGTH = 20
/** What tests have planted is looked for among the newest of so many. */
const MOST_SECRETS = 2000

const secrets = new Set<string>()

/** Plants a text: from now on it may stand in no log, nor may its base64url. */
export function plant(text: string): void {
  if (text.length < SECRET_LENGTH) return
  for (const secret of [text, Buffer.from(text).toString('base64url')]) {
    secrets.delete(secret)
    secrets.add(secret)
  }
  for (const oldest of secrets) {
    if (secrets.size <= MOST_SECRETS) break
    secrets.delete(oldest)
  }
}

/** Plants every string in a message. */
export function plantAll(value: unknown): void {
  if (typeof value === 'string') plant(value)
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(plantAll)
}

/** What a text holds of all that, as short descriptions; none is good. */
export function leaks(text: string): string[] {
  const found = FORBIDDEN.filter((pattern) => pattern.test(text)).map(String)
  for (const secret of secrets) {
    const escaped = JSON.stringify(secret).slice(1, -1)
    if (text.includes(secret) || text.includes(escaped)) found.push(`a planted text: ${secret.slice(0, 40)}`)
  }
  return found
}

/** A logger at level trace; when the test ends, it fails if anything of that was logged. */
export function watchedLogger(defer: Defer): Logger {
  let log = ''
  defer(() => {
    const found = leaks(log)
    if (found.length > 0)
      throw new Error(`the server's log holds ${found.join(', ')}:\n${log.slice(0, 2000)}`)
  })
  return pino(
    { level: 'trace' },
    {
      write(line: string) {
        log += line
      },
    },
  )
}
