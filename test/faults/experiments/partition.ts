/** A network that falls apart in two for a while, and heals: both sides go on, and agree within seconds. */

import { Broker, type BrokerKind } from '../broker.js'
import { clustered, LabCluster, LabNode } from '../cluster.js'
import type { Experiment, Finding, Lab } from '../lab.js'
import { type Network, TwoNetworks } from '../networks.js'
import { sleep } from '../waiting.js'
import { BROKERS, CLUSTER_LIMITS, ClusterRun, eachSeed, HEALED_MS } from './cluster-run.js'

export const partition: Experiment = {
  name: 'partition',
  about: 'nodes in two networks are taken apart for 20 s (Linux, as root)',
  buses: BROKERS,
  seconds: ({ cluster }) => (20 + cluster.partitionMs / 1000) * cluster.seeds,
  run: (lab) => eachSeed(lab, drill),
}

async function drill(lab: Lab): Promise<Finding> {
  const skipped = TwoNetworks.lacks()
  if (skipped !== undefined) return { skipped, figures: {}, failures: [] }
  const networks = TwoNetworks.create()
  lab.defer(() => networks.remove())
  const cluster = await bothSides(lab, networks)
  const run = await ClusterRun.begin(lab, { cluster })
  const away = run.node(-1).label
  lab.note('apart', 0.3)
  const outage = run.outage([away])
  networks.part()
  await sleep(lab.scale.cluster.partitionMs)
  lab.note('together again', 0.7)
  networks.heal()
  // Else the kernel, which has waited longer each time, tries the route between the two nats-servers seconds later.
  if (lab.bus === 'nats') networks.breakOff()
  await run.converge('all know each other again', HEALED_MS, performance.now())
  outage.over()
  await sleep(1000)
  run.controls.undisturbed('the networks were parted')
  return run.end()
}

/**
 * Two nodes in one network and one in the other. Each has a nats-server of its own, and the two share what they are
 * told; redis-server has no such thing: the node of the other network is cut off.
 */
async function bothSides(lab: Lab, { left, right }: TwoNetworks): Promise<LabCluster> {
  const kind = lab.bus as BrokerKind
  const broker = (here: Network, there: Network) =>
    Broker.start(kind, (cleanUp) => lab.defer(cleanUp), {
      host: here.address,
      prefix: here.prefix,
      partner: there.address,
    })
  const first = await broker(left, right)
  const second = kind === 'nats' ? await broker(right, left) : first
  const node = (name: string, { address, prefix }: Network, at: Broker) => {
    const config = clustered(name, at.bus(), {
      limits: CLUSTER_LIMITS,
      listen: { host: address, port: 0 },
      plugins: { auth: [{ use: 'open', options: { insecure: true } }] },
    })
    return LabNode.start(name, () => lab.server(config, prefix))
  }
  return LabCluster.of([
    await node('n0', left, first),
    await node('n1', left, first),
    await node('n2', right, second),
  ])
}
