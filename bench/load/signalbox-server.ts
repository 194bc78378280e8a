/**
 * This repository's server as the benchmarks run it: `node signalbox-server.js wasm|js`. What follows are JSON objects
 * that go over the settings below, one for each server that this process shall be.
 */

import { pino } from 'pino'
import { createServer } from '../../core/server.js'
import { createPrimary } from '../../core/workers/primary.js'

process.on('disconnect', () => process.exit(0))

const OUT_OF_REACH = [1e12, 1e12]
const all = () => ({ messages: OUT_OF_REACH, bytes: OUT_OF_REACH, joins: OUT_OF_REACH })
const RATES_OUT_OF_REACH = { connection: all(), user: all(), room: all() }

const [engine, ...changes] = process.argv.slice(2)
const ports: string[] = []
for (const change of changes.length === 0 ? ['{}'] : changes) {
  const { plugins, ...rest } = JSON.parse(change) as { workers?: number; plugins?: object }
  const server = await ((rest.workers ?? 1) > 1 ? createPrimary : createServer)(
    {
      engine,
      listen: { port: 0 },
      admin: false,
      page: false,
      log: { level: 'silent' },
      // A ping would be a frame that the load client doesn't expect, and idle connections are idle on purpose.
      // And a machine that does other things too may take its time to let thousands in.
      limits: { pingMs: 3_600_000, roomsPerPeer: 16, handshakeMs: 60_000 },
      ...rest,
      plugins: {
        // Rates are counted as always, but a saturating load is what the limits are there to refuse.
        policy: [{ use: 'rate-limit', options: RATES_OUT_OF_REACH }, { use: 'ice' }],
        ...plugins,
      },
    },
    { logger: pino({ level: 'silent' }) },
  )
  ports.push(new URL((await server.start()).url).port)
}
console.log(`listening ${ports.join(' ')}`)
