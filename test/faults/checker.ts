/**
 * The independent checker: it reads every client's log and nothing else, and finds what DESIGN promises won't be.
 *
 * It reasons with what is certain. A message that was acknowledged and not refused stood in every recipient's outbox
 * by then; one that was handed over after anybody knew of a member was processed after that member's join; a member
 * that sees a sender's messages to a room sees all of them until one of the two leaves.
 */

import { type Case, EXCUSES, type ExcuseKind } from './case.js'
import { checkDelivery } from './check-delivery.js'
import { checkOrder } from './check-order.js'
import { checkPresence } from './check-presence.js'
import { type Accuse, FAULT_KINDS, type FaultKind, readLogs, readStays } from './history.js'
import type { Log, Outage } from './log.js'
import { Sights } from './sights.js'

export interface Fault {
  readonly kind: FaultKind
  /** Whose log shows it: client and peer id. */
  readonly where: string
  readonly what: string
}

export interface Verdict {
  /** The first of each kind, for a person to read; `counts` knows all. */
  readonly faults: readonly Fault[]
  readonly counts: Readonly<Record<FaultKind, number>>
  /** What only outages excuse. */
  readonly excused: Readonly<Record<ExcuseKind, number>>
  readonly sessions: number
  /** Sessions that the server gave up, and said so. */
  readonly lost: number
  readonly sent: number
  readonly acknowledged: number
  readonly refused: number
  /** Counted frames. */
  readonly received: number
}

/** How many faults of a kind are kept word by word. */
const KEPT = 10

/** `outages`: what the lab did to a cluster; without them nothing is excused. */
export function check(logs: readonly Log[], outages: readonly Outage[] = []): Verdict {
  const faults: Fault[] = []
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>
  const accuse: Accuse = (kind, { client, peer }, what) => {
    if (++counts[kind] <= KEPT) faults.push({ kind, where: `${client} (${peer})`, what })
  }
  const sessions = readLogs(logs, accuse)
  const stays = readStays(sessions)
  const excused = Object.fromEntries(EXCUSES.map((kind) => [kind, 0])) as Record<ExcuseKind, number>
  const all: Case = {
    sessions,
    stays,
    sights: new Sights(sessions, stays, outages),
    accuse,
    excuse: (kind) => excused[kind]++,
  }
  checkDelivery(all)
  checkPresence(all)
  checkOrder(sessions, accuse)

  let [lost, sent, acknowledged, refused, received] = [0, 0, 0, 0, 0]
  for (const session of sessions.values()) {
    if (session.end === 'lost') lost++
    for (const record of session.sent) {
      if (record === undefined) continue
      sent++
      if (record.ackedAt < Infinity) acknowledged++
      if (record.refused !== undefined) refused++
    }
    for (const { what } of session.entries) if (what === 'received') received++
  }
  return { faults, counts, excused, sessions: sessions.size, lost, sent, acknowledged, refused, received }
}

/** How many faults there are in all. */
export const faultsIn = ({ counts }: Verdict): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

/** One line a fault. */
export const describeFaults = ({ faults }: Verdict): string =>
  faults.map(({ kind, where, what }) => `${kind}: ${where}: ${what}`).join('\n')
