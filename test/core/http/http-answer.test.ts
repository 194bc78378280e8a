import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { SignalError } from '../../../core/errors.js'
import { answerError, answerUpgradeError } from '../../../core/http/http-answer.js'
import { socketPair } from '../../contract/fake-doors.js'
import { parseAnswer, rawRequest, untilClosed } from '../../raw-http.js'
import { suite } from '../../suite.js'

suite('http-answer', (test) => {
  test('an error is JSON with its status, safe headers and a length', async (defer) => {
    const server = createServer((_, response) =>
      answerError(response, new SignalError('E_ORIGIN'), { 'X-More': '1' }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    defer(() => server.close())
    const { status, headers, body } = await rawRequest(
      defer,
      (server.address() as AddressInfo).port,
      'GET / HTTP/1.1',
    )
    assert.is(status, 403)
    assert.equal(JSON.parse(body), { code: 'E_ORIGIN', message: 'this web origin is not allowed here' })
    assert.is(headers['content-length'], String(Buffer.byteLength(body)))
    assert.equal(
      ['content-type', 'x-content-type-options', 'x-frame-options', 'referrer-policy', 'x-more'].map(
        (n) => headers[n],
      ),
      ['application/json', 'nosniff', 'DENY', 'no-referrer', '1'],
    )
  })

  const upgradeAnswer = async (error: SignalError) => {
    const [near, far] = socketPair()
    const text = untilClosed(far as never)
    answerUpgradeError(near, error)
    return parseAnswer(await text)
  }

  test('a refused upgrade is a whole HTTP answer, and the socket ends', async () => {
    const { status, headers, body } = await upgradeAnswer(new SignalError('E_HANDSHAKE', 'é'))
    assert.equal([status, headers.connection], [400, 'close'])
    assert.is(headers['content-length'], String(Buffer.byteLength(body)))
    assert.equal(JSON.parse(body), { code: 'E_HANDSHAKE', message: 'é' })
    assert.is(headers['retry-after'], undefined)
  })

  test('errors that may pass say when to come again, in whole seconds', async () => {
    assert.is((await upgradeAnswer(new SignalError('E_BUSY'))).headers['retry-after'], '1')
    assert.is((await upgradeAnswer(new SignalError('E_BUSY', 'full', 2001))).headers['retry-after'], '3')
  })

  test('an error without a status of its own is a 403', async () => {
    assert.is((await upgradeAnswer(new SignalError('E_REFUSED'))).status, 403)
  })

  test('a socket that is gone already is let go', () => {
    const [near] = socketPair()
    near.destroy()
    answerUpgradeError(near, new SignalError('E_BUSY'))
    assert.ok(near.destroyed)
  })
})
