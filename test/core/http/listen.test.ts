import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../../core/config/config-error.js'
import { listen } from '../../../core/http/listen.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'

suite('listen', (test) => {
  test('binds, and leaves no listener for errors behind', async (defer) => {
    const server = createServer()
    await listen(server, '127.0.0.1', 0, 'listen')
    defer(() => server.close())
    assert.ok((server.address() as AddressInfo).port > 0)
    assert.is(server.listenerCount('error'), 0)
  })

  test('says where, what and how to mend it', async (defer) => {
    const taken = createServer()
    await listen(taken, '127.0.0.1', 0, 'listen')
    defer(() => taken.close())
    const { port } = taken.address() as AddressInfo
    const cases: [string, number, string][] = [
      [
        '127.0.0.1',
        port,
        `admin: 127.0.0.1:${port} is taken; end the program that has it, or choose another port`,
      ],
      ['192.0.2.1', 0, 'admin: 192.0.2.1:0 is not an address of this machine; choose one that is'],
    ]
    for (const [host, wanted, message] of cases) {
      const error = await rejection(listen(createServer(), host, wanted, 'admin'))
      assert.instance(error, ConfigError)
      assert.is(error.message, message)
    }
  })

  test('a host name that nobody knows', async () => {
    const error = await rejection(listen(createServer(), 'no-such-host.invalid', 0, 'listen'))
    assert.match(error.message, /^listen: no-such-host\.invalid:0 (is not a known host name|can't be bound)/)
  })
})
