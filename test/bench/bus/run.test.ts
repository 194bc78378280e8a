import * as assert from 'uvu/assert'
import { CARRIERS } from '../../../bench/bus/carriers.js'
import { measure, type Work } from '../../../bench/bus/run.js'
import { startBrokers } from '../../../bench/bus/start-brokers.js'
import { suite } from '../../suite.js'

const work: Work = { bytes: 200, flood: 500, window: 32, drip: 20, everyMs: 1 }

suite('bench/bus/run', (test) => {
  for (const name of CARRIERS) {
    test(`${name}: every message is counted, and costs something`, async (defer) => {
      const { ports, missing, pid, stop } = await startBrokers()
      defer(stop)
      const why = missing(name)
      if (why !== undefined) {
        console.log(`skipped: ${why}`)
        if (process.env.CI === 'true') throw new Error(why)
        return
      }
      const { perSecond, nodesNs, brokerNs, p50Us, p99Us } = await measure(name, ports, pid(name), work)
      assert.ok(perSecond > 0)
      assert.ok(nodesNs >= 0 && brokerNs >= 0)
      assert.ok(p50Us > 0 && p50Us <= p99Us)
    }, 90_000)
  }
})
