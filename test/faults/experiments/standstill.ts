/** SIGSTOP: a server that does nothing for a while, shorter and longer than its clients' patience. */

import { check, describeFaults, faultsIn } from '../checker.js'
import type { Experiment } from '../lab.js'
import { settle, sleep } from '../waiting.js'
import { crowdRooms, gather } from './crowd.js'
import { Load } from './load.js'

/** A client gives a silent server up after 2.5 s. */
const LIMITS = { pingMs: 500, pongMs: 10_000 }
/** Whoever has given the server up asks again and again: all of that lies before it when it goes on. */
const IMPATIENCE_MS = 800

const ROOM_SIZE = 10

export const standstill: Experiment = {
  name: 'standstill',
  about: 'the server is stopped with SIGSTOP for 1.5 s and for 4.5 s, and goes on',
  seconds: ({ standstillMs }) => 4 + standstillMs.reduce((sum, ms) => sum + ms, 0) / 1000,
  async run(lab) {
    const server = await lab.server({ limits: LIMITS })
    const clients = await gather(lab, lab.scale.clients, ROOM_SIZE, () => server)
    for (const client of clients) client.handshakeMs = IMPATIENCE_MS
    const load = new Load(clients, crowdRooms(clients.length, ROOM_SIZE), lab.dice)
    load.start()
    for (const stopMs of lab.scale.standstillMs) {
      lab.note(`stopped for ${stopMs} ms`)
      await sleep(500)
      server.signal('SIGSTOP')
      await sleep(stopMs)
      server.signal('SIGCONT')
      await sleep(500)
    }
    load.stop()
    await settle(clients)
    for (const client of clients) client.stop()
    const verdict = check(clients)
    const granted = clients.reduce((sum, { resumes }) => sum + resumes.granted, 0)
    const failures: string[] = []
    if (faultsIn(verdict) > 0) failures.push(describeFaults(verdict))
    if (verdict.lost > 0) failures.push(`${verdict.lost} sessions were lost`)
    if (granted === 0) failures.push('nobody gave the server up: nothing was tried')
    const { sent, received, lost } = verdict
    const figures = {
      clients: clients.length,
      sent,
      received,
      'resumes granted': granted,
      'sessions lost': lost,
    }
    return { figures: { ...figures, faults: faultsIn(verdict) }, failures }
  },
}
