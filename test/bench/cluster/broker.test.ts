import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import type { BrokerName } from '../../../bench/cluster/broker.js'
import { startServer } from '../../../bench/load/server.js'
import { until } from '../../contract/contract-case.js'
import type { Program } from '../../installed-program.js'
import { findNats } from '../../real-server/nats.js'
import { findRedis } from '../../real-server/redis.js'
import { suite } from '../../suite.js'

const BROKER = fileURLToPath(new URL('../../../bench/cluster/broker.js', import.meta.url))

/** What a broker says first, asked in its own words. */
async function firstWords(port: number, question: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(question)
    return String((await once(socket, 'data'))[0])
  } finally {
    socket.destroy()
  }
}

const GREETINGS: Readonly<Record<BrokerName, readonly [question: string, answer: RegExp]>> = {
  nats: ['', /^INFO \{/],
  redis: ['PING\r\n', /^\+PONG/],
}

const FOUND: Readonly<Record<string, Program>> = { nats: findNats(), redis: findRedis() }

suite('bench/cluster/broker', (test) => {
  for (const [name, [question, answer]] of Object.entries(GREETINGS)) {
    const found = FOUND[name]!
    if ('missing' in found) {
      test.skip(name, found.missing)
      continue
    }
    test(`${name} listens on a port of its own, and ends when it is told to`, async (defer) => {
      const broker = await startServer({ node: BROKER, args: [name] })
      defer(() => broker.stop())
      assert.match(await firstWords(broker.ports[0]!, question), answer)
      await broker.stop()
      let refused = false
      await until(() => {
        const socket = connect(broker.ports[0]!, '127.0.0.1', () => socket.destroy())
        socket.on('error', ({ code }: NodeJS.ErrnoException) => {
          refused ||= code === 'ECONNREFUSED'
        })
        return refused
      }, 'nobody listens any more')
    }, 30_000)
  }
})
