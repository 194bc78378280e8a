import * as assert from 'uvu/assert'
import { Egress } from '../../core/egress.js'
import { Session } from '../../core/session.js'
import { Stats } from '../../core/stats.js'
import { FakeConnection } from '../contract/fake-connection.js'
import { suite } from '../suite.js'

suite('session', (test) => {
  test('opens its outbox on its connection, and begins with nothing seen and nothing joined', () => {
    const egress = new Egress(new Stats(), 1000)
    const connection = new FakeConnection()
    let opened: Session | undefined
    const principal = { id: 'ada', grants: {} }
    const session = new Session(5, 'AAAAAAAAAAAAAAAA', principal, connection, (self) => {
      opened = self
      return egress.open(connection, () => {})
    })
    assert.is(opened, session)
    assert.equal(
      [session.slot, session.id, session.lastId, session.seen, session.open, session.memberships.size],
      [5, 'AAAAAAAAAAAAAAAA', 0, 0, true, 0],
    )
    session.outbox.push(Buffer.from('x'))
    session.outbox.flush()
    assert.is(connection.writes.length, 1)
  })
})
