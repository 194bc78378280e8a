/** Between nodes and broker it is down, slow, half open, flapping: rooms of one node don't notice, and nothing is lost. */

import { Health } from '../health.js'
import type { Experiment, Finding, Lab } from '../lab.js'
import type { FaultProxy } from '../proxy.js'
import { sleep } from '../waiting.js'
import { BROKERS, ClusterRun, DEGRADED_MS, eachSeed, HEALED_MS } from './cluster-run.js'

interface Weather {
  readonly name: string
  /** Whether nodes must notice. */
  readonly isSevere: boolean
  begin(proxy: FaultProxy): void
  /** What happens while it lasts. */
  change?(proxy: FaultProxy, second: number): void
  end(proxy: FaultProxy): void
}

const clear = (proxy: FaultProxy) => {
  proxy.isDown = false
  proxy.shapeAll({})
}

const WEATHERS: readonly Weather[] = [
  {
    name: 'down',
    isSevere: true,
    begin(proxy) {
      proxy.isDown = true
    },
    end: clear,
  },
  {
    name: 'slow',
    isSevere: false,
    begin: (proxy) => proxy.shapeAll({ delayMs: 300, bytesPerSecond: 100_000 }),
    end: clear,
  },
  {
    name: 'half open',
    isSevere: true,
    begin: (proxy) => proxy.shapeAll({ swallow: true }),
    // What was swallowed is missing in these streams: they can't go on.
    end(proxy) {
      clear(proxy)
      proxy.cutAll()
    },
  },
  {
    name: 'flapping',
    isSevere: false,
    begin() {},
    change(proxy, second) {
      proxy.isDown = second % 2 === 0
    },
    end: clear,
  },
]

export const weather: Experiment = {
  name: 'weather',
  about: 'between nodes and broker it is down, slow, half open and flapping',
  buses: BROKERS,
  seconds: ({ cluster }) => (20 + (WEATHERS.length * cluster.weatherMs) / 1000) * cluster.seeds,
  run: (lab) => eachSeed(lab, drill),
}

async function drill(lab: Lab): Promise<Finding> {
  const run = await ClusterRun.begin(lab, { proxied: true })
  const { nodes } = run.cluster
  const proxies = nodes.map(({ proxy }) => proxy!)
  const health = new Health(nodes)
  lab.defer(() => health.stop())
  for (const [i, { name, isSevere, begin, change, end }] of WEATHERS.entries()) {
    lab.note(name, i / WEATHERS.length)
    run.figures['local rooms in fair weather: p50, p90'] = run.controls.mark()
    const outage = run.outage()
    const since = performance.now()
    for (const proxy of proxies) begin(proxy)
    if (isSevere)
      await run.timed(`${name}: readiness says degraded`, DEGRADED_MS, () =>
        nodes.every((node) => health.isReady(node) === false),
      )
    for (let second = 0; performance.now() - since < lab.scale.cluster.weatherMs; second++) {
      for (const proxy of proxies) change?.(proxy, second)
      await sleep(1000)
    }
    run.figures[`${name}: local rooms: p50, p90`] = run.controls.compare(name)
    const healedAt = performance.now()
    for (const proxy of proxies) end(proxy)
    await run.timed(`${name}: readiness says ready again`, DEGRADED_MS, () =>
      nodes.every((node) => health.isReady(node)),
    )
    await run.converge(`${name}: all know each other again`, HEALED_MS, healedAt)
    outage.over()
    run.controls.undisturbed(name)
    await sleep(1000)
  }
  run.failures.push(...health.deaths.slice(0, 3))
  health.stop()
  return run.end()
}
