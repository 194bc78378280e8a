import * as assert from 'uvu/assert'
import { encodePeerId } from '../../../core/peer-id.js'
import { Session } from '../../../core/sessions/session.js'
import { SessionTable } from '../../../core/sessions/session-table.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import { makeEgress } from '../../make-session.js'
import { suite } from '../../suite.js'

const makeAt = (slot: number, id: string) => {
  const connection = new FakeConnection()
  const open = () => makeEgress().open(connection, { tooSlow() {}, lost() {} })
  return new Session(slot, id, { id: 'ada', grants: {} }, connection, open)
}

suite('session-table', (test) => {
  test('sessions are found by slot and by id, also those whose id points elsewhere', () => {
    const table = new SessionTable()
    const native = makeAt(3, encodePeerId(1, 3, 0, 7))
    const guest = makeAt(4, encodePeerId(2, 3, 0, 7))
    table.add(native)
    table.add(guest)
    for (const session of [native, guest]) {
      assert.ok(table.at(session.slot) === session && table.find(session.id) === session)
    }
    assert.equal(
      [...table].map(({ slot }) => slot),
      [3, 4],
    )
    assert.is(
      table.sum(({ slot }) => slot),
      7,
    )
    for (const id of [encodePeerId(1, 3, 1, 7), encodePeerId(1, 5, 0, 7), 'nonsense', '']) {
      assert.is(table.find(id), undefined, id)
    }
    table.delete(native)
    table.delete(guest)
    assert.equal(
      [table.at(3), table.find(native.id), table.find(guest.id)],
      [undefined, undefined, undefined],
    )
  })
})
