/** SIGKILL of one node of several, under load: its sessions are lost and told, and nobody else notices more than that. */

import type { Experiment, Finding, Lab } from '../lab.js'
import { sleep } from '../waiting.js'
import { BROKERS, ClusterRun, eachSeed } from './cluster-run.js'

/** By then nobody believes that somebody of a dead node is still there. */
const FORGOTTEN_MS = 4000

export const nodeDeath: Experiment = {
  name: 'node-death',
  about: 'a node is killed with SIGKILL, and another process takes its place after 10 s',
  buses: BROKERS,
  seconds: ({ cluster }) => (15 + cluster.awayMs / 1000) * cluster.seeds,
  run: (lab) => eachSeed(lab, drill),
}

async function drill(lab: Lab): Promise<Finding> {
  const run = await ClusterRun.begin(lab)
  const victim = run.node(0)
  const { label } = victim
  const dead = run.clients.filter(({ node }) => node === label).map(({ peer }) => peer)
  lab.note('killing a node', 0.3)
  const killedAt = performance.now()
  run.load.calm = true
  await victim.kill()
  await run.timed('those of a dead node are forgotten', FORGOTTEN_MS, () =>
    run.clients.every(({ rooms }) =>
      [...rooms.values()].every((others) => !dead.some((one) => others.has(one))),
    ),
  )
  await run.converge('all are back and know each other', Infinity, killedAt)
  run.load.calm = false
  await sleep(Math.max(0, lab.scale.cluster.awayMs - (performance.now() - killedAt)))
  lab.note('it comes back', 0.7)
  await victim.again()
  await sleep(2000)
  run.controls.undisturbed('a node was killed', run.cluster.nodes.slice(1))
  return run.end((node) => node === label)
}
