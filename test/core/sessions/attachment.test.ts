import * as assert from 'uvu/assert'
import { SignalError } from '../../../core/errors.js'
import type { Dispatch } from '../../../core/hub/dispatch.js'
import { Attachment } from '../../../core/sessions/attachment.js'
import type { Session } from '../../../core/sessions/session.js'
import type { Sessions } from '../../../core/sessions/sessions.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import { makeSession } from '../../make-session.js'
import { suite } from '../../suite.js'

suite('attachment', (test) => {
  test('what comes from the present socket goes on; what comes from one that the session has left is dropped', () => {
    const { session, connection } = makeSession()
    const calls: string[] = []
    const dispatch = {
      receive: () => void calls.push('receive'),
      receiveFrame: () => calls.push('receiveFrame') < 0,
    } as Partial<Dispatch> as Dispatch
    const sessions = {
      fail: (_: Session, { code }: SignalError) => void calls.push(code),
      gone: (_: Session, code: number) => void calls.push(`gone ${code}`),
    } as Partial<Sessions> as Sessions
    const attachment = new Attachment(session, connection, dispatch, sessions)
    assert.is(attachment.id, session.id)
    const everything = () => {
      attachment.receive(Buffer.from('{}'))
      const isUtf8 = attachment.receiveFrame()
      attachment.fail(new SignalError('E_BINARY'))
      attachment.gone(1006)
      return isUtf8
    }
    assert.not(everything())
    assert.equal(calls.splice(0), ['receive', 'receiveFrame', 'E_BINARY', 'gone 1006'])
    for (const other of [new FakeConnection(), null]) {
      session.connection = other
      assert.ok(everything(), 'bytes that nobody reads break no rule')
      assert.equal(calls, [])
    }
  })
})
