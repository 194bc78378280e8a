/** The server of the overload: `node server.js wasm|js with|without`: rate limits as by default, with or without admission. */

import { pino } from 'pino'
import { createServer } from '../../core/server.js'

/** A quarter of the defaults: calls are to be as fast as under half the load, and this server has its core to itself. */
const AIMS = { connections: 0.5, joins: 1, publishes: 2 }

const [, , engine, admission] = process.argv

const server = await createServer(
  {
    engine,
    listen: { port: 0 },
    admin: false,
    page: false,
    log: { level: 'silent' },
    // A ping would be a frame that the crowd doesn't expect.
    limits: { pingMs: 3_600_000 },
    plugins: {
      policy: [
        { use: 'rate-limit' },
        ...(admission === 'with' ? [{ use: 'admission', options: { turnMs: AIMS } }] : []),
        { use: 'ice' },
      ],
    },
  },
  { logger: pino({ level: process.env.BENCH_LOG ?? 'silent' }) },
)
const { url } = await server.start()
console.log(`listening ${new URL(url).port}`)
