import * as assert from 'uvu/assert'
import { ENGINES, suite } from '../suite.js'
import { Broker } from './broker.js'
import type { BusName } from './cluster.js'
import { EXPERIMENTS } from './experiments.js'
import { Lab, QUICK, type Scale } from './lab.js'

/** Seconds for each; `npm run test:faults` is the long form. */
const SHORT: Scale = {
  ...QUICK,
  clients: 24,
  faults: 4,
  crowd: { storm: 60, drain: 60 },
  churn: { memory: 20_000, sockets: 400 },
  hostileStep: 11,
  drainMs: 300,
  standstillMs: [3200],
  cluster: {
    ...QUICK.cluster,
    nodes: 2,
    clients: 12,
    awayMs: 500,
    stopsMs: [1000],
    restarts: 2,
    breaks: 2,
    timed: false,
  },
}
/** Its figures need long measurements; the bounds that it measures have tests of their own. */
const LONG_ONLY = new Set(['silent-readers'])
/** Of those with several nodes, a few that take seconds, and the bus that each is tried with here. */
const CLUSTERED: Readonly<Record<string, BusName>> = { roaming: 'ipc', 'node-death': 'nats' }

suite('faults', (test) => {
  for (const experiment of EXPERIMENTS) {
    const { name } = experiment
    const bus = CLUSTERED[name]
    if (LONG_ONLY.has(name) || (experiment.buses !== undefined && bus === undefined)) continue
    const lacks = bus === undefined || bus === 'ipc' ? undefined : Broker.lacks(bus)
    if (lacks !== undefined) {
      test.skip(`${name}, in short`, lacks)
      continue
    }
    // Both engines side by side: most of the time is spent waiting.
    test(`${name}, in short`, async (defer) => {
      const found = await Promise.all(
        ENGINES.map(async (engine) => {
          const lab = new Lab(engine, 1, SHORT, { bus })
          defer(() => lab.clear())
          const { failures } = await experiment.run(lab)
          return failures.map((failure) => `${engine}: ${failure}`)
        }),
      )
      assert.is(found.flat().join('\n'), '')
    }, 60_000)
  }
})
