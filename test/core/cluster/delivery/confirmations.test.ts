import * as assert from 'uvu/assert'
import { Confirmations } from '../../../../core/cluster/delivery/confirmations.js'
import type { Link } from '../../../../core/cluster/links/link.js'
import { makeSession } from '../../../make-session.js'
import { suite } from '../../../suite.js'

const setUp = () => {
  const refused: [string, number, string][] = []
  const confirmations = new Confirmations(
    (session, id, { code }) => void refused.push([session.id, id, code]),
  )
  const { session, connection } = makeSession()
  const link = () => ({ position: 0, confirmed: 0 }) as { position: number; confirmed: number } & Link
  /** The message with the next id goes over these links. */
  const say = (direct: boolean, ...links: ReturnType<typeof link>[]) => {
    const id = session.lastId + 1
    for (const one of links) {
      Object.assign(one, { position: one.position + 1 })
      confirmations.await(session, id, one, direct)
    }
    session.lastId = id
  }
  const confirm = (one: ReturnType<typeof link>, position: number) => {
    Object.assign(one, { confirmed: position })
    confirmations.confirmed(one)
  }
  const acks = () => {
    session.outbox.flush()
    return connection.messages.flatMap((message) => (message.type === 'ack' ? [message.id] : []))
  }
  return { confirmations, refused, session, link, say, confirm, acks }
}

suite('confirmations', (test) => {
  test('what a client is told grows as links confirm, in the order of its messages', () => {
    const { session, link, say, confirm, acks } = setUp()
    const [a, b] = [link(), link()]
    say(false, a, b)
    say(true, b)
    say(false, a)
    assert.is(session.ackedId, 0)
    confirm(b, 2)
    assert.equal([session.ackedId, acks()], [0, []])
    confirm(a, 1)
    assert.equal([session.ackedId, acks()], [2, [2]])
    confirm(a, 2)
    assert.equal([session.ackedId, acks()], [3, [2, 3]])
  })

  test('when a link is lost, what was for one peer is refused before it counts as done', () => {
    const { confirmations, refused, session, link, say, acks } = setUp()
    const [a, b] = [link(), link()]
    say(false, a)
    say(true, a)
    say(false, a, b)
    confirmations.down(a)
    assert.equal(refused, [[session.id, 2, 'E_NO_PEER']])
    assert.equal([session.ackedId, acks()], [2, [2]])
    confirmations.down(b)
    confirmations.down(b)
    assert.is(session.ackedId, 3)
  })

  test('a session that has ended is refused and told nothing', () => {
    const { confirmations, refused, session, link, say, acks } = setUp()
    const a = link()
    say(true, a)
    session.open = false
    confirmations.down(a)
    assert.equal([refused, acks()], [[], []])
  })

  test('what was confirmed is forgotten: a link that is never at rest keeps no more than what is under way', () => {
    const { session, link, say, confirm } = setUp()
    const a = link()
    for (let i = 1; i <= 10_000; i++) {
      say(false, a)
      if (i > 5) confirm(a, i - 5)
    }
    assert.is(session.ackedId, 9995)
  })
})
