/** How the lab waits: by looking, with a deadline that no machine that works at all can miss. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { LabClient } from './lab-client.js'

export { sleep }

const LOOK_MS = 10

/** Looks until something is so. Rejects after `limitMs`, saying what was waited for. */
export async function until(
  what: string | (() => string),
  isSo: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await isSo())) {
    if (performance.now() > deadline) {
      throw new Error(`${typeof what === 'string' ? what : what()}: not within ${limitMs / 1000} s`)
    }
    await sleep(LOOK_MS)
  }
}

/** How long nothing must arrive before the lab believes that nothing will. */
const QUIET_MS = 300

/**
 * Waits until everything that was sent is dealt with and has arrived: each client's last message, which nobody else
 * hears, is acknowledged behind all that the server had for it.
 */
export async function settle(clients: readonly LabClient[], limitMs = 60_000): Promise<void> {
  const left = () => clients.filter((client) => !client.isSettled)
  const closes = () => [...new Set(left().flatMap((client) => client.closes.slice(-1)))]
  const all = (what: string) =>
    until(
      () => `${what}; ${left().length} of ${clients.length} are not, last closed with ${closes()}`,
      () => clients.every((one) => one.isSettled),
      limitMs,
    )
  await all('clients are connected and all they sent is acknowledged')
  for (const client of clients) client.join(`alone ${client.peer}`)
  await all('clients have everything that was sent to them')
  let total = -1
  for (let now = entriesOf(clients); now !== total; now = entriesOf(clients)) {
    total = now
    await sleep(QUIET_MS)
  }
}

const entriesOf = (clients: readonly LabClient[]): number =>
  clients.reduce((sum, { entries }) => sum + entries.length, 0)
