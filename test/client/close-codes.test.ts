import * as assert from 'uvu/assert'
import { errorOfClose, invitesReconnect, invitesRejoin } from '../../client/close-codes.js'
import { SignalboxError } from '../../client/errors.js'
import { ERRORS, type ErrorCode } from '../../core/errors.js'
import { suite } from '../suite.js'

suite('client close codes', (test) => {
  test('says of every close code of the error table what the table says', () => {
    for (const [code, { close, retry }] of Object.entries(ERRORS)) {
      if (close !== undefined) assert.is(invitesReconnect(close), retry, code)
    }
  })

  test('a network failure or a restart invites to come back', () => {
    for (const code of [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4000, 4499])
      assert.ok(invitesReconnect(code), `${code}`)
    for (const code of [1002, 1003, 1007, 1009, 4500, 4999]) assert.not(invitesReconnect(code), `${code}`)
  })

  test('a refused room is asked for again only where the table says that it may help', () => {
    const passing = (Object.keys(ERRORS) as ErrorCode[]).filter(invitesRejoin)
    for (const code of passing) assert.ok(ERRORS[code].retry, code)
    for (const code of ['E_ROOM_FULL', 'E_RATE', 'E_BUSY', 'E_TIMEOUT']) assert.ok(invitesRejoin(code), code)
    for (const code of ['E_FORBIDDEN', 'E_REFUSED', 'E_ROOM_NAME']) assert.not(invitesRejoin(code), code)
  })

  test('the error is what the server said, else what the code means', () => {
    const told = new SignalboxError('E_AUTH', 'told')
    assert.is(errorOfClose(4501, '', told, false), told)
    assert.is(errorOfClose(4501, '', undefined, false).code, 'E_AUTH')
    assert.is(errorOfClose(1006, '', undefined, false).code, 'E_UNREACHABLE')
    assert.is(errorOfClose(1006, '', undefined, true).code, 'E_DISCONNECTED')
    assert.match(errorOfClose(4000, 'maintenance', undefined, true).message, /4000.*maintenance/)
  })
})
