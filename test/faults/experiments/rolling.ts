/** Rolling restarts: each node in turn is told to go, and another process takes its place; sessions move, and none is lost. */

import type { Experiment, Finding, Lab } from '../lab.js'
import { sleep } from '../waiting.js'
import { BROKERS, ClusterRun, eachSeed } from './cluster-run.js'

export const rolling: Experiment = {
  name: 'rolling',
  about: 'ten times, a node gets SIGTERM and a new process takes its place; sessions move',
  buses: BROKERS,
  seconds: ({ cluster }) => (15 + cluster.restarts * 5) * cluster.seeds,
  run: (lab) => eachSeed(lab, drill),
}

async function drill(lab: Lab): Promise<Finding> {
  const run = await ClusterRun.begin(lab, { controlled: false })
  const { nodes } = run.cluster
  const { restarts } = lab.scale.cluster
  for (let i = 0; i < restarts; i++) {
    lab.note(`restart ${i + 1} of ${restarts}`, i / restarts)
    const node = nodes[i % nodes.length]!
    const ending = await node.end()
    if (ending !== 0)
      run.failures.push(`${node.label} ended with ${ending}: ${node.server.log.slice(0, 500)}`)
    await node.again()
    await sleep(1000)
  }
  run.figures.restarts = restarts
  return run.end()
}
