import * as assert from 'uvu/assert'
import { Detached } from '../../../core/resume/detached.js'
import type { Session } from '../../../core/sessions/session.js'
import { makeEgress, makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

function setUp() {
  const egress = makeEgress()
  const ended: number[] = []
  const detached = new Detached({ resumeMs: 1000, detachedBytes: 100 }, (session) => {
    ended.push(session.slot)
    detached.delete(session)
    session.outbox.close()
  })
  /** So many bytes more that this session is to be sent. */
  const send = (session: Session, bytes: number) =>
    session.outbox.push(egress.log.append(Buffer.alloc(bytes)))
  const add = (slot: number, changedAt: number, bytes = 1) => {
    const { session } = makeSession(slot, undefined, egress)
    session.changedAt = changedAt
    send(session, bytes)
    session.outbox.flush()
    session.outbox.detach()
    detached.add(session)
    return session
  }
  return { detached, ended, add, send }
}

suite('resume/detached', (test) => {
  test('each ends when its time is over, and no sooner', () => {
    const { detached, ended, add } = setUp()
    for (const [slot, at] of [0, 500, 900].entries()) add(slot, at)
    detached.sweep(999)
    assert.equal(ended, [])
    detached.sweep(1500)
    assert.equal([ended, detached.measure()], [[0, 1], 1])
    detached.sweep(10_000)
    assert.equal([ended, detached.measure()], [[0, 1, 2], 0])
  })

  test('one that came back is not ended', () => {
    const { detached, ended, add } = setUp()
    detached.delete(add(0, 0))
    detached.sweep(10_000)
    assert.equal(ended, [])
  })

  test('beyond the bytes of all, the oldest end: as one is added, and as they grow', () => {
    const { detached, ended, add, send } = setUp()
    add(0, 0, 40)
    const second = add(1, 1, 40)
    assert.equal(ended, [])
    add(2, 2, 40)
    assert.equal(ended, [0])
    send(second, 30)
    assert.is(detached.measure(), 110)
    detached.sweep(3)
    assert.equal(ended, [0, 1])
  })
})
