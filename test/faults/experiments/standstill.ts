/** SIGSTOP: a server that does nothing for a while, shorter and longer than its clients' patience. */

import { check, describeFaults, faultsIn } from '../checker.js'
import type { Experiment } from '../lab.js'
import { settle, sleep } from '../waiting.js'
import { gather } from './crowd.js'
import { Load } from './load.js'

/** A client gives a silent server up after 2.5 s. */
const LIMITS = { pingMs: 500, pongMs: 10_000 }
const STOPS_MS = [1500, 4500]

export const standstill: Experiment = {
  name: 'standstill',
  about: 'the server is stopped with SIGSTOP for 1.5 s and for 4.5 s, and goes on',
  seconds: () => 10,
  async run(lab) {
    const server = await lab.server({ limits: LIMITS })
    const clients = await gather(lab, lab.scale.clients, 10, () => server.port)
    const load = new Load(clients, ['crowd 0', 'crowd 1'], lab.dice)
    load.start()
    for (const stopMs of STOPS_MS) {
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
