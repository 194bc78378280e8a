import * as assert from 'uvu/assert'
import { hashOf, ownerOf, Tickets } from '../../../core/resume/tickets.js'
import { makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

suite('resume/tickets', (test) => {
  test('a ticket is 24 random bytes, and the session holds nothing but its hash', () => {
    const tickets = new Tickets()
    const made = Array.from({ length: 100 }, (_, slot) => tickets.issue(makeSession(slot).session))
    assert.is(new Set(made).size, 100)
    for (const ticket of made) assert.is(Buffer.from(ticket, 'base64url').length, 24)
    const { session } = makeSession()
    const ticket = tickets.issue(session)
    assert.is(session.ticket!.length, 43)
    assert.not.match(JSON.stringify({ ...session, outbox: null, connection: null }), ticket)
    assert.is(tickets.find(session.ticket!), undefined, 'the hash is no ticket')
  })

  test('an exchange spends the ticket; confirmed, only the new one is known', () => {
    const tickets = new Tickets()
    const { session } = makeSession()
    const first = tickets.issue(session)
    const second = tickets.exchange(session, first)
    assert.equal([tickets.find(first), tickets.find(second)], [session, session])
    tickets.confirm(session)
    assert.equal([tickets.find(first), tickets.find(second)], [undefined, session])
  })

  test('a spent ticket exchanged once more voids the one that never arrived', () => {
    const tickets = new Tickets()
    const { session } = makeSession()
    const first = tickets.issue(session)
    const lost = tickets.exchange(session, first)
    const second = tickets.exchange(session, first)
    assert.equal(
      [tickets.find(lost), tickets.find(first), tickets.find(second)],
      [undefined, session, session],
    )
  })

  test('a ticket is made good again from its hash', () => {
    const tickets = new Tickets()
    const { session } = makeSession()
    const ticket = tickets.issue(session)
    const later = new Tickets()
    const { session: restored } = makeSession()
    later.restore(restored, session.ticket!, null)
    assert.is(later.find(ticket), restored)
  })

  test('in a cluster a ticket begins with the node that issued it', () => {
    const node = 'n0de_-n0de_-n0de'
    const tickets = new Tickets(node)
    const { session } = makeSession()
    const ticket = tickets.issue(session)
    assert.equal([ticket.length, ownerOf(ticket)], [48, node])
    assert.is(tickets.findHash(hashOf(ticket)), session)
    assert.is.not(tickets.exchange(session, ticket).slice(16), ticket.slice(16))
    for (const other of ['', ticket.slice(16), `${ticket}A`, ticket.replace('_', '.')]) {
      assert.is(ownerOf(other), undefined)
    }
  })

  test('revoking leaves nothing', () => {
    const tickets = new Tickets()
    const { session } = makeSession()
    const first = tickets.issue(session)
    const second = tickets.exchange(session, first)
    for (let i = 0; i < 2; i++) tickets.revoke(session)
    assert.equal([tickets.find(first), tickets.find(second)], [undefined, undefined])
    assert.equal([session.ticket, session.spentTicket], [null, null])
  })
})
