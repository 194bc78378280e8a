/** SIGSTOP of a node and of what carries the bus, for shorter and for longer than others take it for dead. */

import type { Experiment, Finding, Lab } from '../lab.js'
import { sleep } from '../waiting.js'
import { BROKERS, ClusterRun, eachSeed } from './cluster-run.js'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

export const stop: Experiment = {
  name: 'stop',
  about: 'a node, and then the broker, is stopped with SIGSTOP for 3 s and for 60 s, and goes on',
  buses: BROKERS,
  seconds: ({ cluster }) => (50 + (2 * sum(cluster.stopsMs)) / 1000) * cluster.seeds,
  run: (lab) => eachSeed(lab, drill),
}

async function drill(lab: Lab): Promise<Finding> {
  const run = await ClusterRun.begin(lab)
  const { broker } = run.cluster
  const victim = run.node(0)
  for (const stopMs of lab.scale.cluster.stopsMs) {
    const how = `for ${stopMs / 1000} s`
    lab.note(`a node is stopped ${how}`)
    const outage = run.outage([victim.label])
    victim.server.signal('SIGSTOP')
    await sleep(stopMs)
    victim.server.signal('SIGCONT')
    // Whoever has given it up has another session by now: the one left behind stays until its window has passed.
    await run.converge(`all know each other, a node stopped ${how}`, Infinity, performance.now())
    outage.over()
    await sleep(1000)
  }
  for (const stopMs of lab.scale.cluster.stopsMs) {
    const how = `for ${stopMs / 1000} s`
    lab.note(`the broker is stopped ${how}`, 0.5)
    const outage = run.outage()
    broker!.server.pause()
    await sleep(stopMs)
    broker!.server.resume()
    await run.converge(`all know each other, the broker stopped ${how}`, Infinity, performance.now())
    outage.over()
    await sleep(1000)
  }
  run.controls.undisturbed('a node and the broker were stopped', run.cluster.nodes.slice(1))
  return run.end((node) => node === victim.label)
}
