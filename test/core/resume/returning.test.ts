import * as assert from 'uvu/assert'
import { Returning } from '../../../core/resume/returning.js'
import { Tickets } from '../../../core/resume/tickets.js'
import { makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

suite('resume/returning', (test) => {
  test('knows a ticket whoever brings it, and finds its session for the owner only', () => {
    const tickets = new Tickets()
    const returning = new Returning(tickets)
    const { session } = makeSession()
    const ticket = tickets.issue(session)
    assert.equal(
      [returning.knows({ ticket, seen: 99 }), returning.knows({ ticket: 'x', seen: 0 })],
      [true, false],
    )
    assert.is(returning.find({ ticket, seen: 0 }, { id: 'ada', grants: {} }), session)
    assert.is(returning.find({ ticket, seen: 0 }, { id: 'eve', grants: {} }), undefined)
    tickets.revoke(session)
    assert.is(returning.find({ ticket, seen: 0 }, { id: 'ada', grants: {} }), undefined)
  })
})
