/** This repository's server as the benchmarks run it: `node signalbox-server.js wasm|js`. */

import { pino } from 'pino'
import { createServer } from '../../core/server.js'

const OUT_OF_REACH = [1e12, 1e12]
const all = () => ({ messages: OUT_OF_REACH, bytes: OUT_OF_REACH, joins: OUT_OF_REACH })
const RATES_OUT_OF_REACH = { connection: all(), user: all(), room: all() }

const server = await createServer(
  {
    engine: process.argv[2],
    listen: { port: 0 },
    admin: false,
    page: false,
    log: { level: 'silent' },
    // A ping would be a frame that the load client doesn't expect, and idle connections are idle on purpose.
    limits: { pingMs: 3_600_000, roomsPerPeer: 16 },
    // Rates are counted as always, but a saturating load is what the limits are there to refuse.
    plugins: { policy: [{ use: 'rate-limit', options: RATES_OUT_OF_REACH }, { use: 'ice' }] },
  },
  { logger: pino({ level: 'silent' }) },
)
const { url } = await server.start()
console.log(`listening ${new URL(url).port}`)
