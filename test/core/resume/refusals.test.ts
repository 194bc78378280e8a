import * as assert from 'uvu/assert'
import { textFrame } from '../../../core/egress/text-frame.js'
import { Refusals } from '../../../core/resume/refusals.js'
import { makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

const frame = (n: number) => textFrame(`{"type":"error","id":${n}}`)

suite('resume/refusals', (test) => {
  test('a refusal is kept until the client has a counted frame that was sent after it', () => {
    const refusals = new Refusals()
    refusals.note(frame(1), 3)
    refusals.note(frame(2), 3)
    refusals.note(frame(3), 5)
    refusals.acknowledge(3)
    assert.is(refusals.kept.length, 3)
    refusals.acknowledge(4)
    assert.equal(
      refusals.kept.map(({ after }) => after),
      [5],
    )
  })

  test('what is kept is repeated in order, as often as need be', () => {
    const refusals = new Refusals([{ frame: frame(1), after: 0 }])
    refusals.note(frame(2), 0)
    const { session, connection } = makeSession()
    for (let i = 0; i < 2; i++) refusals.repeat(session.outbox)
    session.outbox.flush()
    assert.equal(
      connection.messages.map((message) => 'id' in message && message.id),
      [1, 2, 1, 2],
    )
  })

  test('a thousand are kept; a client that may lack older ones is not covered', () => {
    const refusals = new Refusals()
    for (let i = 1; i <= 1000; i++) refusals.note(frame(i), 7)
    assert.ok(refusals.covers(0))
    refusals.note(frame(1001), 7)
    assert.is(refusals.kept.length, 1000)
    assert.equal([refusals.covers(7), refusals.covers(8)], [false, true])
  })
})
