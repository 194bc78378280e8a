/** The broker is killed under load and comes back: rooms of one node go on, and the rest waits, and is delivered. */

import { Health } from '../health.js'
import type { Experiment, Finding, Lab } from '../lab.js'
import { sleep } from '../waiting.js'
import { BROKERS, ClusterRun, DEGRADED_MS, eachSeed, HEALED_MS } from './cluster-run.js'

export const brokerDeath: Experiment = {
  name: 'broker-death',
  about: 'nats-server or redis-server is killed with SIGKILL, and started again after 10 s',
  buses: BROKERS,
  seconds: ({ cluster }) => (15 + cluster.awayMs / 1000) * cluster.seeds,
  run: (lab) => eachSeed(lab, drill),
}

async function drill(lab: Lab): Promise<Finding> {
  const run = await ClusterRun.begin(lab)
  const { nodes, broker } = run.cluster
  const health = new Health(nodes)
  lab.defer(() => health.stop())
  run.figures['local rooms before: p50, p90'] = run.controls.mark()
  lab.note('killing the broker', 0.3)
  const outage = run.outage()
  const killedAt = performance.now()
  await broker!.server.kill()
  await run.timed('readiness says degraded', DEGRADED_MS, () =>
    nodes.every((node) => health.isReady(node) === false),
  )
  await sleep(Math.max(0, lab.scale.cluster.awayMs - (performance.now() - killedAt)))
  run.figures['local rooms without the broker: p50, p90'] = run.controls.compare('no broker')
  lab.note('it comes back', 0.6)
  await broker!.server.start()
  const healedAt = performance.now()
  await run.timed('readiness says ready again', DEGRADED_MS, () =>
    nodes.every((node) => health.isReady(node)),
  )
  await run.converge('all know each other again', HEALED_MS, healedAt)
  outage.over()
  run.failures.push(...health.deaths.slice(0, 3))
  run.controls.undisturbed('the broker was killed')
  health.stop()
  return run.end()
}
