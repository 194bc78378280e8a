/** Workers that come and go with the work; when that is, autoscale.test.ts tries. */

import * as assert from 'uvu/assert'
import { crew, isAlive, LONG_MS } from '../../crew.js'
import { RawClient, type Received, until } from '../../live-server.js'
import { suite } from '../../suite.js'

type Decision = 'up' | 'down' | undefined

/** Decides what it is told to, once. */
class Told {
  next: Decision
  readonly loads: (readonly number[])[] = []

  decide(loads: readonly number[]): Decision {
    this.loads.push(loads)
    if (loads.length === 0) return undefined
    const { next } = this
    this.next = undefined
    return next
  }
}

suite('workers/pool', (test) => {
  test(
    'one more takes its part of the rooms; one fewer sends its clients back, and the others take them',
    async (defer) => {
      const autoscale = new Told()
      const plugins = { policy: [], balancer: [{ use: 'round-robin' }] }
      const made = await crew(defer, 'wasm', { workers: { min: 1, max: 3 }, plugins }, { autoscale })
      const { client, metric, pid, lines, adminUrl } = made
      const isThere = (msg: string, worker: string) =>
        lines.filter((line) => line.msg === msg && line.worker === worker).length
      autoscale.next = 'up'
      await until(() => isThere('a worker serves', 'w1') === 1, 'w1')
      const process = pid('w1')
      const clients: RawClient[] = []
      for (let i = 0; i < 10; i++) clients.push(await client(`room=${i}`))
      const moved = (await metric('peers{worker="w1"}'))!
      assert.ok(moved > 0 && moved < clients.length, `${moved} of ${clients.length}`)

      autoscale.next = 'down'
      await until(() => isThere('a worker was dismissed', 'w1') === 1, 'w1 to end')
      assert.not(isAlive(process))
      const gone = await Promise.all(
        clients.map(({ socket, closed }) => (socket.readyState === socket.OPEN ? undefined : closed)),
      )
      assert.equal(
        gone.filter((end) => end !== undefined),
        Array(moved).fill({ code: 4000, reason: 'the server is shutting down' }),
      )
      assert.is(await (await fetch(`${adminUrl}/readyz`)).text(), 'ready\n')
      assert.is(await metric('worker_deaths_total{worker="w1"}'), 0)
      for (let i = 0; i < 10; i++) await client(`room=${i}`)
      assert.is(await metric('workers{serving="true"}'), 1)

      autoscale.next = 'up'
      await until(() => isThere('a worker serves', 'w1') === 2, 'w1 again')
      assert.not(isThere('a worker serves', 'w2'))
    },
    LONG_MS,
  )

  test(
    'the loads it is asked about are those of all that serve, and none while one comes or goes',
    async (defer) => {
      const autoscale = new Told()
      const { lines } = await crew(defer, 'wasm', { workers: { min: 1, max: 2 } }, { autoscale })
      await until(() => autoscale.loads.some((loads) => loads.length === 1), 'the load of one')
      autoscale.next = 'up'
      await until(() => autoscale.loads.some((loads) => loads.length === 2), 'the loads of two')
      autoscale.next = 'down'
      await until(() => lines.some(({ msg }) => msg === 'a worker was dismissed'), 'the end of one')
      for (const load of autoscale.loads.flat()) assert.ok(load >= 0 && load <= 1, `${load}`)
    },
    LONG_MS,
  )

  test(
    'clients of a worker that is given up go on with their sessions in another one: nothing is lost',
    async (defer) => {
      const autoscale = new Told()
      const plugins = { policy: [], balancer: [{ use: 'round-robin' }] }
      const config = { workers: { min: 1, max: 2 }, plugins, limits: { drainMs: 1000 } }
      const { client, url, metric, lines } = await crew(defer, 'wasm', config, { autoscale })
      autoscale.next = 'up'
      await until(() => lines.filter(({ msg }) => msg === 'a worker serves').length === 2, 'w1')
      const clients = [await client('room=kitchen'), await client('room=kitchen')]
      assert.equal(
        await Promise.all(['w0', 'w1'].map((worker) => metric(`peers{worker="${worker}"}`))),
        [1, 1],
      )
      for (const one of clients) await until(() => one.inbox.some(knowsAnother), 'each to know the other')
      autoscale.next = 'down'
      const told = clients.map(async (one) => {
        await one.next('goaway')
        return one
      })
      const leaver = await Promise.race(told)
      const stayer = clients.find((one) => one !== leaver)!
      stayer.send({ type: 'publish', id: 1, room: 'kitchen', data: 'meanwhile' })
      const again = new RawClient(url, { query: 'room=kitchen', resume: leaver.resume })
      defer(() => again.socket.terminate())
      const { peer, session } = await again.next('welcome')
      assert.equal([peer, session.resumed], [leaver.id, true])
      const before = leaver.inbox.find(({ type }) => type === 'publish')
      assert.is((before ?? (await again.next('publish'))).data, 'meanwhile')
      assert.is((await stayer.next('ack')).id, 1)
      assert.not(stayer.inbox.some(({ type }) => type === 'peer-left'))
      await until(() => lines.some(({ msg }) => msg === 'a worker was dismissed'), 'the end of w1')
      assert.is(await metric('peers{worker="w0"}'), 2)
    },
    LONG_MS,
  )
})

/** Whether a message tells of another member. */
const knowsAnother = ({ type, peers }: Received): boolean =>
  type === 'peer-joined' || (type === 'joined' && peers.length > 0)
