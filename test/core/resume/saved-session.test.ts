import * as assert from 'uvu/assert'
import { textFrame } from '../../../core/egress/text-frame.js'
import { Refusals } from '../../../core/resume/refusals.js'
import { fromLine, savedSession, toLine } from '../../../core/resume/saved-session.js'
import { makeEgress, makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

suite('resume/saved-session', (test) => {
  test('a session goes through a line of text and is the same', () => {
    const egress = makeEgress()
    const { session } = makeSession(3, { id: 'Ada "A"\n', grants: { publish: false }, expiresAt: 5 }, egress)
    session.ticket = 'hash'
    session.lastId = 7
    session.lostCode = 1006
    session.refusals = new Refusals([{ frame: textFrame('{"id":6}'), after: 1 }])
    for (const text of ['one', 'два']) session.outbox.push(egress.log.append(textFrame(text)))
    session.outbox.flush()
    session.outbox.detach()
    const saved = savedSession(session, 250, 1000)!
    const line = toLine(saved)
    assert.not.match(line, '\n')
    assert.equal(fromLine(line), saved)
    assert.equal([saved.lostAt, saved.outbox.sent, saved.outbox.frames.length], [750, 2, 2])
    assert.equal(saved.outbox.frames[1], textFrame('два'))
  })

  test('one that can not be resumed is not saved', () => {
    const { session } = makeSession()
    assert.is(savedSession(session, 0, 0), undefined)
  })
})
