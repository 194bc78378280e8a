import * as assert from 'uvu/assert'
import { ACROSS_LOADS, WORKER_LOADS } from '../../../bench/cluster/loads.js'
import { ownVariants, workerVariants } from '../../../bench/cluster/variants.js'
import { runLoad } from '../../../bench/load/client.js'
import type { Load } from '../../../bench/load/loads.js'
import { plan } from '../../../bench/load/plan.js'
import type { Variant } from '../../../bench/load/variants.js'
import { findNats } from '../../real-server/nats.js'
import { findRedis } from '../../real-server/redis.js'
import { type Defer, suite } from '../../suite.js'
import { missingCompiler } from '../load/missing-compiler.js'

/** Twenty rooms instead of hundreds, for a moment. */
const few = (load: Load): Load => ({ ...load, rooms: 20 })
const TIMES = { warmSeconds: 0.05, measureSeconds: 0.1 }

/** The client rejects what is lost, doubled or changed. */
async function everythingArrives(defer: Defer, variant: Variant, loads: readonly Load[]): Promise<void> {
  const server = await variant.start()
  defer(() => server.stop())
  for (const load of loads.map(few)) {
    const outcome = await runLoad(plan(load, variant.dialect, server.ports, TIMES)!)
    assert.ok(outcome!.deliveries > 0, load.name)
  }
}

suite('bench/cluster/variants', (test) => {
  if (missingCompiler !== undefined) {
    test.skip('everything', 'there is no C compiler for the load client')
    return
  }
  const brokers = { nats: findNats(), redis: findRedis() }

  for (const variant of ownVariants('js')) {
    const broker = Object.entries(brokers).find(([name]) => variant.name.endsWith(name))?.[1]
    if (broker !== undefined && 'missing' in broker) {
      test.skip(variant.name, broker.missing)
      continue
    }
    test(
      `${variant.name}: everything arrives, once and unchanged`,
      (defer) => everythingArrives(defer, variant, ACROSS_LOADS),
      60_000,
    )
  }

  for (const variant of workerVariants('js')) {
    test(
      `${variant.name}: everything arrives, once and unchanged`,
      (defer) => everythingArrives(defer, variant, WORKER_LOADS),
      60_000,
    )
  }
})
