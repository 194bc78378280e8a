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
    session.gate = { former: undefined, passes: () => true, settled() {}, broken() {} }
    assert.is(returning.find({ ticket, seen: 0 }, { id: 'ada', grants: {} }), undefined, 'it moves')
    session.gate = null
    tickets.revoke(session)
    assert.is(returning.find({ ticket, seen: 0 }, { id: 'ada', grants: {} }), undefined)
  })

  test('who may return: with a ticket of here, or of a node that is alive', () => {
    const [here, alive, dead] = ['h', 'a', 'd'].map((letter) => letter.repeat(16))
    const tickets = new Tickets(here)
    const heirOf = (name: string) =>
      name === alive
        ? { incarnation: name, name, load: 0, peers: 0, draining: false, inherited: [] }
        : undefined
    const may = (ticket: string, returning = new Returning(tickets, { heirOf })) =>
      returning.mayReturn({ ticket, seen: 0 })
    const ticket = tickets.issue(makeSession().session)
    const of = (owner: string) => owner + ticket.slice(16)
    assert.equal(
      [ticket, of(alive!), of(dead!), of(here!).toLowerCase(), 'x'].map((one) => may(one)),
      [true, true, false, false, false],
    )
    assert.not(may(of(alive!), new Returning(tickets)), 'without a cluster there is nobody else')
  })
})
