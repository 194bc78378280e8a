import * as assert from 'uvu/assert'
import { SignalError } from '../../../core/errors.js'
import { Fanout } from '../../../core/hub/fanout.js'
import { liveServer } from '../../live-server.js'
import { makeSession } from '../../make-session.js'
import { ENGINES, suite } from '../../suite.js'

suite('fanout', (test) => {
  test('the bound is what a peer sent, times the amplification, and an allowance besides', () => {
    const fanout = new Fanout({ amplification: 10, amplificationBytes: 1000 })
    const { session } = makeSession()
    session.bytesIn = 50
    session.bytesOut = 1500
    assert.not(fanout.exceeded(session))
    fanout.check(session)
    session.bytesOut = 1501
    assert.ok(fanout.exceeded(session))
    assert.throws(
      () => fanout.check(session),
      (error: SignalError) => error instanceof SignalError && error.code === 'E_FANOUT',
    )
  })

  test('after retryAfterMs the peer may go on', () => {
    const fanout = new Fanout({ amplification: 10, amplificationBytes: 1000 })
    for (const [bytesIn, bytesOut] of [
      [0, 1001],
      [50, 9000],
      [1000, 1e6],
    ] as const) {
      const { session } = makeSession()
      session.bytesIn = bytesIn
      session.bytesOut = bytesOut
      const { retryAfterMs } = fanout.refusal(session)
      fanout.fade(session, retryAfterMs! - 1)
      assert.ok(fanout.exceeded(session))
      fanout.fade(session, 2)
      assert.not(fanout.exceeded(session))
    }
  })
})

for (const engine of ENGINES) {
  suite(`fanout (${engine})`, (test) => {
    test('who causes too much is told to wait, and nobody else is', async (defer) => {
      const live = await liveServer(defer, engine, {
        limits: { amplification: 1, amplificationBytes: 2000 },
        plugins: { policy: [] },
      })
      const clients = await Promise.all(Array.from({ length: 6 }, () => live.client()))
      for (const client of clients) await client.join('a')
      const [ada, bob] = clients as [(typeof clients)[0], (typeof clients)[0]]
      let sent = 0
      while (live.server.stats.refused.E_FANOUT === undefined && sent < 50) {
        ada.send({ type: 'publish', id: ++sent, room: 'a', data: 'x'.repeat(100) })
        await ada.settled()
      }
      const error = await ada.next('error')
      assert.equal([error.code, error.id], ['E_FANOUT', sent])
      assert.ok(error.retryAfterMs >= 0 && error.retryAfterMs < 10_000)
      ada.send({ type: 'update', id: sent + 1, room: 'a', data: 1 })
      assert.is((await ada.next('error')).code, 'E_FANOUT')
      ada.send({ type: 'leave', id: sent + 2, room: 'a' })
      assert.is((await bob.next('peer-left')).peer.id, ada.id, 'one may always leave')
      bob.send({ type: 'publish', room: 'a', data: 'from another one' })
      const heard = clients[2]!
      while ((await heard.next('publish')).data !== 'from another one');
    })

    test('whoever joins and leaves again and again is answered for with the list of members', async (defer) => {
      const live = await liveServer(defer, engine, {
        limits: { amplification: 1, amplificationBytes: 20_000 },
        plugins: { policy: [] },
      })
      const member = await live.client()
      await member.join('a', 'x'.repeat(4000))
      const churner = await live.client()
      let joins = 0
      while (live.server.stats.refused.E_FANOUT === undefined && joins < 50) {
        churner.send({ type: 'join', room: 'a' })
        churner.send({ type: 'leave', room: 'a' })
        await churner.settled()
        joins++
      }
      assert.ok(joins >= 4 && joins <= 8, `${joins} joins`)
    })
  })
}
