import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import * as assert from 'uvu/assert'
import type { SignalError } from '../../../core/errors.js'
import { jsonBody } from '../../../core/http/json-body.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'

function request(parts: readonly string[], type = 'application/json'): IncomingMessage {
  const stream = Readable.from(parts.map((part) => Buffer.from(part)))
  return Object.assign(stream, { headers: { 'content-type': type } }) as unknown as IncomingMessage
}

suite('json-body', (test) => {
  test('reads JSON in pieces, and nothing from nothing', async () => {
    assert.equal(await jsonBody(request(['{"a":', '1}'])), { a: 1 })
    assert.equal(await jsonBody(request(['[]'], 'Application/JSON; charset=utf-8')), [])
    assert.is(await jsonBody(request([])), undefined)
  })

  test('refuses what is too long, no JSON, or not called so', async () => {
    for (const bad of [
      request(['x'.repeat(9000), 'x'.repeat(9000)]),
      request(['{']),
      request(['{}'], 'text/plain'),
      request(['{}'], ''),
      request(['{}'], 'application/json-seq'),
    ]) {
      assert.is((await rejection<SignalError>(jsonBody(bad))).code, 'E_BODY')
    }
  })
})
