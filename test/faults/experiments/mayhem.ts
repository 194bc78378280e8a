/** Connections that break in every way, under load: nothing may be lost, doubled, swapped or misdelivered. */

import { Dice } from '../../dice.js'
import { check, describeFaults, faultsIn, type Verdict } from '../checker.js'
import type { Experiment, Lab } from '../lab.js'
import type { LabClient } from '../lab-client.js'
import type { FaultProxy } from '../proxy.js'
import { settle, sleep, until } from '../waiting.js'
import { Load, roomsFor } from './load.js'
import { doMischief, MISCHIEF } from './mischief.js'

/**
 * A silent server is noticed within 4 s, so that a black hole costs no minutes. Everything else is generous: what is
 * looked for here is what gets lost inside the window, and not how slow a machine may be.
 */
const LIMITS = {
  pingMs: 2000,
  pongMs: 60_000,
  handshakeMs: 30_000,
  resumeMs: 120_000,
  replayFrames: 100_000,
  replayBytes: 64 * 2 ** 20,
}

export const mayhem: Experiment = {
  name: 'mayhem',
  about: 'connections cut, moved, half-closed, swallowed, delayed, sliced and throttled, under load',
  seconds: ({ clients, faults, seeds }) => seeds * (4 + (clients * faults) / 700),
  async run(lab) {
    const total = { ...NOTHING }
    const failures: string[] = []
    for (let n = 0; n < lab.scale.seeds; n++) {
      const seed = lab.seed + n
      lab.note(`seed ${seed}`, n / lab.scale.seeds)
      const { verdict, clients, offences } = await once(lab, seed)
      add(total, verdict, clients)
      if (faultsIn(verdict) > 0) failures.push(`seed ${seed}:\n${describeFaults(verdict)}`)
      for (const offence of offences) failures.push(`seed ${seed}: ${offence}`)
      if (failures.length > 0) break
    }
    const { clients, faults } = lab.scale
    return { figures: { clients, 'faults a client': faults, ...total }, failures }
  },
}

const NOTHING = {
  seeds: 0,
  sessions: 0,
  'messages sent': 0,
  acknowledged: 0,
  refused: 0,
  'frames received': 0,
  'resumes granted': 0,
  'resumes denied': 0,
  'longest without a connection, ms': 0,
  gaps: 0,
  duplicates: 0,
  reorderings: 0,
  misdeliveries: 0,
  ghosts: 0,
  unfounded: 0,
}

function add(total: typeof NOTHING, verdict: Verdict, clients: readonly LabClient[]): void {
  total.seeds++
  total.sessions += verdict.sessions
  total['messages sent'] += verdict.sent
  total.acknowledged += verdict.acknowledged
  total.refused += verdict.refused
  total['frames received'] += verdict.received
  for (const { resumes } of clients) {
    total['resumes granted'] += resumes.granted
    total['resumes denied'] += resumes.denied
    const longest = Math.max(total['longest without a connection, ms'], Math.round(resumes.longestMs))
    total['longest without a connection, ms'] = longest
  }
  const { counts } = verdict
  total.gaps += counts.gap
  total.duplicates += counts.duplicate
  total.reorderings += counts.reordering
  total.misdeliveries += counts.misdelivery
  total.ghosts += counts.ghost
  total.unfounded += counts.unfounded
}

interface Run {
  readonly verdict: Verdict
  readonly clients: readonly LabClient[]
  readonly offences: readonly string[]
}

async function once(lab: Lab, seed: number): Promise<Run> {
  const dice = new Dice(seed)
  const server = await lab.server({ limits: LIMITS })
  const proxy = await lab.proxy(server.port)
  const rooms = roomsFor(lab.scale)
  const present: LabClient[] = []
  const past: LabClient[] = []
  for (let i = 0; i < lab.scale.clients; i++) {
    const client = lab.client(`client ${i}`, () => proxy)
    client.start()
    present.push(client)
  }
  await until('all clients are connected', () => present.every((one) => one.isConnected))
  for (const [i, client] of present.entries()) client.join(rooms[i % rooms.length]!)
  const load = new Load(present, rooms, dice)
  load.start()
  let done = 0
  const all = lab.scale.clients * lab.scale.faults
  await Promise.all(
    present.map(async (_, i) => {
      const own = new Dice(seed * 1000 + i)
      for (let fault = 0; fault < lab.scale.faults; fault++) {
        await disturb(present, past, i, proxy, own, lab)
        if (++done % 100 === 0) {
          const share = (seed - lab.seed + done / all) / lab.scale.seeds
          lab.note(`seed ${seed}: ${done} of ${all} faults`, share)
        }
      }
    }),
  )
  load.stop()
  await until('those who said goodbye were heard', () => past.every((one) => one.hasEnded))
  await settle(present)
  for (const client of present) client.stop()
  const clients = [...present, ...past]
  const verdict = check(clients)
  const offences = offencesOf(clients, verdict)
  if (!server.isRunning) offences.push('the server is gone')
  if (server.log !== '') offences.push(`the server complained: ${server.log.slice(0, 1000)}`)
  await lab.clear()
  return { verdict, clients, offences }
}

/** One fault for one client; sometimes it says goodbye instead, and another one takes its place. */
async function disturb(
  present: LabClient[],
  past: LabClient[],
  at: number,
  proxy: FaultProxy,
  dice: Dice,
  lab: Lab,
): Promise<void> {
  const client = present[at]!
  await client.until(() => client.isConnected)
  await sleep(dice.roll(200))
  if (dice.roll(50) > 0) {
    await doMischief(dice.pick(MISCHIEF), client, proxy, dice)
    return
  }
  client.end(dice.pick(['bye', 'close'] as const))
  past.push(client)
  const next = lab.client(`${client.client}'`, () => proxy)
  present[at] = next
  next.start()
  await next.until(() => next.isConnected)
  for (const room of client.rooms.keys()) next.join(room)
}

/** What no checker of messages sees: sessions that were lost, and errors that name no message. */
function offencesOf(clients: readonly LabClient[], { lost }: Verdict): string[] {
  const offences: string[] = []
  const errors = clients.flatMap((client) => client.errors)
  if (lost > 0) offences.push(`${lost} sessions were lost`)
  offences.push(...clients.flatMap(({ resumes }) => resumes.denials).slice(0, 5))
  if (errors.length > 0)
    offences.push(`${errors.length} errors out of the blue: ${[...new Set(errors)].join(', ')}`)
  const unexpected = new Set(
    clients.flatMap(({ entries }) => entries.flatMap((one) => (one.what === 'refused' ? [one.code] : []))),
  )
  for (const code of ['E_NO_PEER', 'E_NOT_JOINED', 'E_ROOMS']) unexpected.delete(code)
  if (unexpected.size > 0) offences.push(`refused with ${[...unexpected].join(', ')}`)
  return offences
}
