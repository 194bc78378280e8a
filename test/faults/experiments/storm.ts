/** Every connection breaks at the same moment, and every client comes back at once. */

import { check, describeFaults, faultsIn } from '../checker.js'
import type { Experiment } from '../lab.js'
import { settle, until } from '../waiting.js'
import { gather, ms, quantiles } from './crowd.js'

const STORMS = 3
const ROOM_SIZE = 20

export const storm: Experiment = {
  name: 'storm',
  about: 'all connections are cut at the same moment, three times; all clients come back',
  seconds: ({ crowd }) => 5 + crowd.storm / 200,
  async run(lab) {
    const server = await lab.server()
    const proxy = await lab.proxy(server.port)
    const clients = await gather(lab, lab.scale.crowd.storm, ROOM_SIZE, () => proxy)
    const tookMs: number[] = []
    for (let storms = 1; storms <= STORMS; storms++) {
      lab.note(`storm ${storms}`)
      const before = clients.map(({ closes }) => closes.length)
      const start = performance.now()
      for (const link of [...proxy.links]) link.cut()
      // Somebody speaks to each room while its members are away.
      for (let i = 0; i < clients.length; i += ROOM_SIZE) {
        for (const room of clients[i]!.rooms.keys()) clients[i]!.broadcast('publish', room, 100)
      }
      await until(
        'all clients are back',
        () => clients.every((one, i) => one.closes.length > before[i]! && one.isSettled),
        180_000,
      )
      tookMs.push(performance.now() - start)
    }
    await settle(clients)
    for (const client of clients) client.stop()
    const verdict = check(clients)
    const granted = clients.reduce((sum, { resumes }) => sum + resumes.granted, 0)
    const denied = clients.reduce((sum, { resumes }) => sum + resumes.denied, 0)
    const failures: string[] = []
    if (faultsIn(verdict) > 0) failures.push(describeFaults(verdict))
    if (verdict.lost > 0) failures.push(`${verdict.lost} sessions were lost`)
    return {
      figures: {
        clients: clients.length,
        storms: STORMS,
        'resumes granted': granted,
        'resumes denied': denied,
        'all back after, worst': ms(Math.max(...tookMs)),
        'longest without a connection, p99': ms(quantiles(clients.map((one) => one.resumes.longestMs)).p99),
        faults: faultsIn(verdict),
      },
      failures,
    }
  },
}
