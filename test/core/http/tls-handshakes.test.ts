import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect as connectTls, createServer } from 'node:tls'
import * as assert from 'uvu/assert'
import { TlsHandshakes } from '../../../core/http/tls-handshakes.js'
import { Authority, opensslMissing } from '../../certificates.js'
import { until } from '../../live-server.js'
import { rawSocket, untilClosed } from '../../raw-http.js'
import { suite } from '../../suite.js'

suite('tls-handshakes', (test) => {
  if (opensslMissing !== undefined) {
    test.skip('handshakes', opensslMissing)
    return
  }

  test('so many at a time, and none when the listener stops; those that are through stay', async (defer) => {
    const { cert, key } = new Authority(defer).issue('a')
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) })
    server.on('tlsClientError', () => {})
    const handshakes = new TlsHandshakes(server, 2)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    defer(() => server.close())
    const { port } = server.address() as AddressInfo

    const through = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    defer(() => through.destroy())
    through.on('error', () => {})
    await new Promise<void>((resolve) => through.once('secureConnect', () => resolve()))
    await until(() => handshakes.size === 0, 'the handshakes')

    const silent = [await rawSocket(defer, port), await rawSocket(defer, port)]
    await until(() => handshakes.size === 2, 'the handshakes')
    assert.is(await untilClosed(await rawSocket(defer, port)), '')
    silent[0]!.destroy()
    await until(() => handshakes.size === 1, 'the handshakes')
    handshakes.stop()
    await untilClosed(silent[1]!)
    await until(() => handshakes.size === 0, 'the handshakes')
    assert.not(through.destroyed)
  })
})
