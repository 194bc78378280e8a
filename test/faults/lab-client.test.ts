import * as assert from 'uvu/assert'
import { Dice } from '../dice.js'
import { liveServer } from '../live-server.js'
import { ENGINES, suite } from '../suite.js'
import { check, describeFaults } from './checker.js'
import { LabClient } from './lab-client.js'
import { FaultProxy } from './proxy.js'

for (const engine of ENGINES) {
  suite(`faults/lab-client (${engine})`, (test) => {
    test('talks, is cut off, comes back, and the logs are without a fault', async (defer) => {
      const live = await liveServer(defer, engine)
      const proxy = await FaultProxy.listen(Number(new URL(live.url).port))
      defer(() => proxy.close())
      const clients = ['ada', 'ben', 'cid'].map(
        (name, i) => new LabClient(name, () => proxy, new Dice(i + 1)),
      )
      for (const client of clients) {
        defer(() => client.stop())
        client.start()
        await client.until(() => client.isConnected)
        client.join('r')
        await client.until(() => client.isSettled)
      }
      const [ada, ben, cid] = clients as [LabClient, LabClient, LabClient]
      await ada.until(() => ada.rooms.get('r')!.size === 2)
      for (let i = 0; i < 20; i++) ada.broadcast('publish', 'r', i * 50)
      ada.direct('signal', 'r', ben.peer, 70_0)
      ben.broadcast('update', 'r', 10)
      await ben.until(() => ben.isSettled)
      proxy.link(ben.localPort)!.cut()
      ada.broadcast('publish', 'r', 10)
      await ben.until(() => ben.closes.length === 1 && ben.isSettled && ben.rooms.get('r')!.size === 2)
      cid.leave('r')
      for (const client of clients) await client.until(() => client.isSettled)
      await ada.until(() => ada.rooms.get('r')!.size === 1)
      await ben.until(() => ben.rooms.get('r')!.size === 1)
      cid.end()
      const verdict = check(clients)
      assert.is(describeFaults(verdict), '')
      assert.is(verdict.acknowledged, verdict.sent)
      assert.ok(verdict.received > 40)
    })
  })
}
