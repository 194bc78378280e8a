/** Connections break, and clients come back to any node: their sessions move, and nobody notices. */

import { Dice } from '../../dice.js'
import { BUSES } from '../cluster.js'
import type { Experiment, Finding, Lab } from '../lab.js'
import { sleep } from '../waiting.js'
import { ClusterRun, eachSeed } from './cluster-run.js'

/** Between two breaks of one client, milliseconds. */
const CALM_MS = 1500

export const roaming: Experiment = {
  name: 'roaming',
  about: 'connections break, or are left behind, and clients come back to any node',
  buses: BUSES,
  seconds: ({ cluster }) => (12 + (cluster.breaks * CALM_MS) / 1000) * cluster.seeds,
  run: (lab) => eachSeed(lab, drill),
}

async function drill(lab: Lab): Promise<Finding> {
  const run = await ClusterRun.begin(lab)
  const { breaks } = lab.scale.cluster
  let done = 0
  await Promise.all(
    run.clients.map(async (client, i) => {
      const dice = new Dice(lab.seed * 1000 + i)
      for (let n = 0; n < breaks; n++) {
        await sleep(dice.roll(CALM_MS))
        await client.until(() => client.isConnected)
        if (dice.roll(2) === 0) client.breakOff()
        else client.moveOn()
        lab.note('clients roam', ++done / (breaks * run.clients.length))
      }
    }),
  )
  run.figures['breaks a client'] = breaks
  return run.end()
}
