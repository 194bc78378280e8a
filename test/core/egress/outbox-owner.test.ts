import * as assert from 'uvu/assert'
import { OwningSession } from '../../../core/egress/outbox-owner.js'
import { makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

suite('outbox owner', (test) => {
  test('a slow reader loses its socket; a session that lost a frame ends as its socket did', () => {
    const { session } = makeSession()
    const told: unknown[] = []
    const owner = new OwningSession(session, {
      dismiss: (...said) => told.push(said),
      remove: (...said) => told.push(said),
    })
    owner.tooSlow()
    session.lostCode = 1006
    owner.lost()
    assert.equal(told, [
      [session, 'E_SLOW'],
      [session, 1006],
    ])
  })
})
