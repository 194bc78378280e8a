/** SIGKILL of a worker, and of the primary: what lived there is lost and told, and something takes its place. */

import type { Experiment, Finding, Lab } from '../lab.js'
import { sleep, until } from '../waiting.js'
import { ClusterRun, eachSeed } from './cluster-run.js'

const RESPAWN_MS = 2000
const NO_ORPHANS_MS = 5000

export const workerDeath: Experiment = {
  name: 'worker-death',
  about: 'a worker is killed with SIGKILL; then the primary, which comes back after 10 s',
  buses: ['ipc'],
  seconds: ({ cluster }) => (20 + cluster.awayMs / 1000) * cluster.seeds,
  run: (lab) => eachSeed(lab, drill),
}

async function drill(lab: Lab): Promise<Finding> {
  const run = await ClusterRun.begin(lab)
  const primary = run.node(0)
  const { workers } = primary.server
  lab.note('killing a worker', 0.3)
  const killedAt = performance.now()
  process.kill(workers[0]!, 'SIGKILL')
  await run.timed('another worker runs', RESPAWN_MS, () => {
    const now = primary.server.workers
    return now.length === workers.length && !now.includes(workers[0]!)
  })
  await run.converge('all are back and know each other, a worker killed', Infinity, killedAt)
  const homes = new Set(lostHomes(run))
  if (homes.size > 1) run.failures.push(`a worker was killed, and sessions of ${homes.size} were lost`)
  lab.note('killing the primary', 0.5)
  const orphans = primary.server.workers
  await primary.kill()
  await run.timed('no worker outlives the primary', NO_ORPHANS_MS, () =>
    orphans.every((pid) => !isAlive(pid)),
  )
  await sleep(lab.scale.cluster.awayMs)
  await primary.again()
  await until('all clients are back', () => run.clients.every((one) => one.isConnected))
  await sleep(2000)
  return run.end(() => true)
}

/** The nodes where sessions were that are lost by now. */
const lostHomes = ({ clients }: ClusterRun): string[] => clients.flatMap(({ lostAt }) => lostAt)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
