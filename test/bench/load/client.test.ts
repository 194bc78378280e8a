import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { WebSocketServer } from 'ws'
import { LoadFailure, type Outcome, runLoad } from '../../../bench/load/client.js'
import type { Load } from '../../../bench/load/loads.js'
import { plan } from '../../../bench/load/plan.js'
import { until } from '../../contract/contract-case.js'
import { liveServer } from '../../live-server.js'
import { rejection } from '../../rejection.js'
import { type Defer, suite } from '../../suite.js'
import { brokenServer, type Mistake } from './broken-server.js'
import { missingCompiler } from './missing-compiler.js'

const calls: Load = {
  name: 'calls',
  story: 'three calls of two',
  ...{ rooms: 3, members: 2, window: 2 },
  script: [[{ by: -1, say: 'candidate', size: 'candidate' }]],
}
const times = { warmSeconds: 0.05, measureSeconds: 0.1 }

/** A server that takes connections and says nothing. Its port. */
async function silentServer(defer: Defer, met: () => void): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', met)
  defer(() => {
    for (const client of server.clients) client.terminate()
    return new Promise((resolve) => server.close(resolve))
  })
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}

suite('bench/load/client', (define) => {
  const why = missingCompiler
  const test: typeof define =
    why === undefined
      ? define
      : (Object.assign((name: string) => define.skip(name, why), define) as typeof define)

  const against = async (port: number, load: Load = calls) =>
    (await runLoad(plan(load, 'relay', [port], times)!)) as Outcome

  test('counts what a faithful server delivers', async (defer) => {
    const outcome = await against(await brokenServer(defer, 'none'))
    assert.ok(outcome.deliveries > 0)
    assert.ok(outcome.messages >= outcome.deliveries)
    assert.ok(outcome.seconds >= 0.1)
    assert.ok(outcome.cpuShare >= 0 && outcome.cpuShare < 2)
    assert.is(outcome.latencyNs, undefined)
  })

  const mistakes: readonly [Mistake, RegExp][] = [
    ['loses', /1 lost/],
    ['doubles', /1 too many/],
    ['changes', /were changed/],
    ['chatters', /1 frames besides the deliveries instead of 0/],
    ['closes', /closed connection \d+ with 4000/],
  ]
  for (const [mistake, message] of mistakes) {
    test(`a server that ${mistake} is found out`, async (defer) => {
      const error = await rejection(against(await brokenServer(defer, mistake)))
      assert.instance(error, LoadFailure)
      assert.match(error.message, message)
    })
  }

  test('a message lost and another one doubled: the counts agree, the checksums do not', async (defer) => {
    const one = { ...calls, rooms: 1, window: 4 }
    const error = await rejection(against(await brokenServer(defer, 'swaps'), one))
    assert.match(error.message, /one twice and another never|came after|too many|lost/)
  })

  test('an open loop keeps its rate and measures from when a message was due', async (defer) => {
    const outcome = await against(await brokenServer(defer, 'none'), { ...calls, perSecond: 1000 })
    assert.ok(outcome.messages >= 145, `${outcome.messages} in at least 150 ms`)
    const { '50': median, '99': tail, '100': worst } = outcome.latencyNs!
    assert.ok(median! > 0 && median! <= tail! && tail! <= worst!)
  })

  test('windows that wander visit every room', async (defer) => {
    const outcome = await against(await brokenServer(defer, 'none'), { ...calls, window: 1, hop: true })
    assert.ok(outcome.deliveries > 0)
  })

  test('it acknowledges what it gets, as clients do, and says goodbye: nothing is kept for it', async (defer) => {
    const { server, url } = await liveServer(defer, 'wasm')
    const rooms: Load = {
      ...calls,
      rooms: 2,
      members: 4,
      script: [[{ by: -2, say: 'publish', size: 'small' }]],
    }
    const outcome = (await runLoad(plan(rooms, 'signalbox', [Number(new URL(url).port)], times)!)) as Outcome
    const acks = server.stats.messages.ack!
    assert.ok(acks >= Math.floor(outcome.deliveries / 64) - 8, `${acks} for ${outcome.deliveries}`)
    assert.ok(acks <= server.stats.deliveries / 64 + 8 * 20, 'no more than one a quarter of a second besides')
    await until(() => server.stats.peers === 0, 'everybody has left')
    assert.equal(server.stats.refused, {})
  })

  test('a plan without rooms only holds its connections', async (defer) => {
    const port = await brokenServer(defer, 'none')
    let ready = false
    const idle = {
      ...calls,
      ...{ rooms: 0, members: 0, window: 0, script: [] },
      idle: { connections: 5, rooms: 0 },
    }
    const outcome = await runLoad(plan(idle, 'relay', [port], times)!, {
      onReady: () => {
        ready = true
      },
    })
    assert.is(outcome, undefined)
    assert.ok(ready)
  })

  test('the members of a room connect to the ports in turn', async (defer) => {
    const crowd = { ...calls, rooms: 2, members: 3, idle: { connections: 3, rooms: 0 } }
    const met = [0, 0]
    const ports = await Promise.all([0, 1].map((i) => silentServer(defer, () => met[i]!++)))
    let ready = false
    const error = await rejection(
      runLoad(plan(crowd, 'relay', ports, times)!, {
        async onReady() {
          ready = true
          throw new Error('enough')
        },
      }),
    )
    assert.is(error.message, 'enough')
    assert.ok(ready)
    // Members 0 and 2 of each room here, member 1 there; idle connections as they come.
    assert.equal(met, [6, 3])
  })

  test('nobody at the port: one line', async () => {
    const error = await rejection(against(1))
    assert.match(error.message, /can't (be reached|connect)/)
  })

  test('a plan that makes no sense: one line', async () => {
    for (const text of ['nonsense\t1\nend\n', 'port\t1\nend\n']) {
      const error = await rejection(runLoad(text))
      assert.match(error.message, /load client: /)
    }
  })
})
