import * as assert from 'uvu/assert'
import { Session } from '../../../core/sessions/session.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import { makeEgress } from '../../make-session.js'
import { suite } from '../../suite.js'

suite('session', (test) => {
  test('opens its outbox on its connection, and begins with nothing done, nothing joined and no ticket', () => {
    const egress = makeEgress()
    const connection = new FakeConnection()
    let opened: Session | undefined
    const principal = { id: 'ada', grants: {} }
    const session = new Session(5, 'AAAAAAAAAAAAAAAA', principal, connection, (self) => {
      opened = self
      return egress.open(connection, { tooSlow() {}, lost() {} })
    })
    assert.is(opened, session)
    assert.equal(
      [session.slot, session.id, session.lastId, session.ticket, session.open, session.memberships.size],
      [5, 'AAAAAAAAAAAAAAAA', 0, null, true, 0],
    )
    session.outbox.tell(Buffer.from('x'))
    session.outbox.flush()
    assert.is(connection.writes.length, 1)
  })
})
