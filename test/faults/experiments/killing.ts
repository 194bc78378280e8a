/** SIGKILL under load: sessions are lost and everyone is told; with what comes back, nobody sees a ghost. */

import { check, describeFaults, faultsIn } from '../checker.js'
import type { Experiment } from '../lab.js'
import { settle, sleep, until } from '../waiting.js'
import { crowdRooms, gather } from './crowd.js'
import { Load } from './load.js'

const KILLS = 3

const ROOM_SIZE = 10

export const killing: Experiment = {
  name: 'killing',
  about: 'the server is killed with SIGKILL under load and started again, three times',
  seconds: () => 8,
  async run(lab) {
    let server = await lab.server()
    const clients = await gather(lab, lab.scale.clients, ROOM_SIZE, () => server)
    const load = new Load(clients, crowdRooms(clients.length, ROOM_SIZE), lab.dice)
    load.start()
    const failures: string[] = []
    for (let kill = 1; kill <= KILLS; kill++) {
      lab.note(`killed ${kill} times`)
      await sleep(500)
      const before = new Set(clients.map(({ peer }) => peer))
      await server.kill()
      server = await lab.server()
      await until('all clients are back', () =>
        clients.every((one) => one.isConnected && !before.has(one.peer)),
      )
    }
    await sleep(500)
    load.stop()
    await settle(clients)
    for (const client of clients) client.stop()
    const verdict = check(clients)
    if (faultsIn(verdict) > 0) failures.push(describeFaults(verdict))
    const denied = clients.reduce((sum, { resumes }) => sum + resumes.denied, 0)
    if (verdict.lost !== KILLS * clients.length)
      failures.push(`${verdict.lost} sessions were reported lost, of ${KILLS * clients.length}`)
    const { sent, acknowledged, received, lost } = verdict
    const figures = { clients: clients.length, kills: KILLS, sent, acknowledged, received }
    return {
      figures: {
        ...figures,
        'sessions lost and told': lost,
        'resumes denied': denied,
        faults: faultsIn(verdict),
      },
      failures,
    }
  },
}
