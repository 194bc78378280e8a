/** Sealed rooms whose server comes back empty: who meets anew, who is found again, and who raises an alarm. */

import * as assert from 'uvu/assert'
import { createSeal, createSecret } from '../../../client/seal/index.js'
import { suite } from '../../suite.js'
import { fakeTrack } from '../fake-connection.js'
import { FakeHub } from '../fake-hub.js'
import { agreed, call, calm, enter, only } from '../guest.js'

const SECRET = createSecret()
const sealed = async (secret = SECRET) => ({ seal: await createSeal(secret) })

suite('sealed room that lost its server', (test) => {
  test('two in a call find each other, over the same connection, and understand each other', async () => {
    const hub = new FakeHub()
    const [ada, bo] = await call(hub, [await sealed(), await sealed()])
    agreed(ada.connections[0]!, bo.connections[0]!)
    for (let loss = 0; loss < 3; loss++) {
      for (const { heard } of [ada, bo]) heard.length = 0
      hub.restart()
      await calm(ada, bo)
      assert.equal(ada.heard, ['reconnecting', 'joined', 'renamed Bo'])
      assert.equal(bo.heard, ['reconnecting', 'joined', 'renamed Ada'])
      ada.room.addTrack(fakeTrack())
      void bo.room.publish('to all')
      void only(ada.room).send('to you')
      await calm(ada, bo)
      agreed(ada.connections[0]!, bo.connections[0]!)
      assert.is(ada.connections.length + bo.connections.length, 2, 'nothing was made anew')
      assert.equal([ada.heard.slice(3), bo.heard.slice(3)], [['Bo: to all'], ['Ada to me: to you']])
    }
  })

  test('an offer that was under way when the server died is made again', async () => {
    const hub = new FakeHub()
    const [ada, bo] = await call(hub, [await sealed(), await sealed()])
    hub.restart()
    ada.room.addTrack(fakeTrack())
    bo.room.addTrack(fakeTrack())
    await calm(ada, bo)
    await calm(ada, bo)
    agreed(ada.connections[0]!, bo.connections[0]!)
    assert.equal(ada.heard, ['reconnecting', 'joined', 'renamed Bo'])
    assert.equal(bo.heard, ['reconnecting', 'joined', 'renamed Ada'])
  })

  for (const [what, leaves, told] of [
    // The second is what became of our offer.
    ['stays', false, ['joined Eve', 'error E_SEAL_SECRET', 'error E_SEAL_SECRET']],
    ['is gone again before it is known who it was', true, ['joined Eve', 'error E_SEAL_SECRET', 'left Eve']],
  ] as const) {
    test(`an alarm about somebody who is held is told: a stranger with another secret ${what}`, async () => {
      const hub = new FakeHub()
      const [ada] = await call(hub, [await sealed(), await sealed()])
      hub.restart(({ url }) => url.searchParams.get('data') !== '"Bo"')
      await calm(ada)
      const eve = await enter(hub, 'Eve', await sealed(createSecret()))
      await calm(ada, eve)
      assert.equal(ada.heard, ['reconnecting', 'joined'], 'it is held: it could be Bo')
      if (leaves) await eve.room.leave()
      else await ada.clock.advance(2_000)
      await calm(ada, eve)
      const heard = ada.heard.filter((line) => !line.endsWith('closed'))
      assert.equal(heard, ['reconnecting', 'joined', ...told])
      assert.ok(eve.heard.includes('error E_SEAL_SECRET'))
    })
  }
})
