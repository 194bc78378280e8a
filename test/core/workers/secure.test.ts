/** Workers behind TLS: the primary can't read who wants where. */

import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { Authority, opensslMissing } from '../../certificates.js'
import { crew, LONG_MS } from '../../crew.js'
import { until } from '../../live-server.js'
import { suite } from '../../suite.js'

suite('workers over TLS', (test) => {
  if (opensslMissing) {
    test.skip('workers do the cryptography', opensslMissing)
    return
  }

  test(
    'workers do the cryptography, connections go to the less loaded, rooms that end up apart meet, and pages are served',
    async (defer) => {
      const authority = new Authority(defer)
      const { cert, key } = authority.issue('signal.example')
      const ca = readFileSync(authority.cert)
      const listen = { port: 0, tls: { cert, key } }
      const { port, metric } = await crew(defer, 'wasm', { listen, page: true })
      const texts = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const socket = new WebSocket(`wss://127.0.0.1:${port}/signal?room=${i % 5}`, ['signalbox.v1'], {
            ca,
          })
          defer(() => socket.terminate())
          let text = ''
          socket.on('message', (bytes) => {
            text += bytes.toString()
          })
          await until(() => text.includes('"type":"joined"'), `client ${i}`)
          return () => text
        }),
      )
      // Four in each room, wherever they sit: who is told of the three others, in whichever messages.
      for (const text of texts) {
        await until(() => (text().match(/"polite":/g)?.length ?? 0) >= 3, 'the others of the room')
      }
      assert.is(await metric('picks_total{by="load"}'), 20)
      assert.is(await metric('picks_total{by="room"}'), 0)
      const peers = await Promise.all(['w0', 'w1'].map((id) => metric(`peers{worker="${id}"}`)))
      assert.is(peers[0]! + peers[1]!, 20)
      const page = await new Promise<string>((resolve) => {
        let text = ''
        const socket = connect({ port, host: '127.0.0.1', ca }, () =>
          socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'),
        )
        socket.on('data', (chunk) => {
          text += chunk
        })
        socket.on('close', () => resolve(text))
      })
      assert.match(page, /^HTTP\/1\.1 200 .*\r\nStrict-Transport-Security: max-age=31536000\r\n/)
    },
    LONG_MS,
  )
})
