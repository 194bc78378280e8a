/** This repository's server as the benchmarks run it: `node signalbox-server.js wasm|js`. */

import { pino } from 'pino'
import { createServer } from '../../core/server.js'

const server = await createServer(
  {
    engine: process.argv[2],
    listen: { port: 0 },
    admin: false,
    page: false,
    log: { level: 'silent' },
    // A ping would be a frame that the load client doesn't expect, and idle connections are idle on purpose.
    limits: { pingMs: 3_600_000, roomsPerPeer: 16 },
  },
  { logger: pino({ level: 'silent' }) },
)
const { url } = await server.start()
console.log(`listening ${new URL(url).port}`)
