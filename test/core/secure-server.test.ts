/** A server with TLS of its own, end to end: certificates that change, client certificates, and clients over wss. */

import { copyFileSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import * as assert from 'uvu/assert'
import { type ClientOptions, WebSocket } from 'ws'
import { connect } from '../../client/index.js'
import { type EngineName } from '../../core/engine/engine.js'
import { createServer } from '../../core/server.js'
import { Authority, opensslMissing, type Pair } from '../certificates.js'
import { watchedLogger } from '../log-watch.js'
import { rawSocket, untilClosed } from '../raw-http.js'
import { type Defer, ENGINES, suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'

interface Secure {
  readonly url: string
  readonly port: number
  readonly ca: Buffer
  readonly authority: Authority
  /** Replaces the files that the server uses. */
  renew(pair: Pair): void
}

async function secureServer(
  defer: Defer,
  engine: EngineName,
  { mutual = false, ...config }: { mutual?: boolean } & Record<string, unknown> = {},
): Promise<Secure> {
  const authority = new Authority(defer)
  const directory = temporaryFolder(defer)
  const renew = ({ cert, key }: Pair) => {
    copyFileSync(cert, join(directory, 'cert.pem'))
    copyFileSync(key, join(directory, 'key.pem'))
  }
  renew(authority.issue('first'))
  const tls = { cert: 'cert.pem', key: 'key.pem', ...(mutual && { clientCa: authority.cert }) }
  const server = await createServer(
    { listen: { port: 0, tls }, admin: false, engine, ...config },
    { logger: watchedLogger(defer), directory },
  )
  const { url } = await server.start()
  defer(() => server.stop())
  return { url, port: Number(new URL(url).port), ca: readFileSync(authority.cert), authority, renew }
}

/** A WebSocket implementation that trusts this authority, as a browser would trust a public one. */
const trusting = (options: ClientOptions) =>
  class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, options)
      this.on('error', () => {})
    }
  }

/** What the TLS handshake leads to: the common name of the server's certificate, or the error. */
function handshake(defer: Defer, port: number, options: object): Promise<string> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connectTls({ port, host: '127.0.0.1', ...options })
    defer(() => socket.destroy())
    socket.on('error', ({ message }) => resolve(message))
    socket.once('secureConnect', () => resolve(String(socket.getPeerCertificate().subject.CN)))
  })
}

function get(url: string, options: object): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const one = request(url, { agent: false, ...options }, (response) => {
      response.resume()
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
    one.on('error', reject)
    one.end()
  })
}

for (const engine of ENGINES) {
  suite(`secure server (${engine})`, (test) => {
    if (opensslMissing !== undefined) {
      test.skip('TLS', opensslMissing)
      return
    }

    test('clients meet and talk over wss, in messages of every size', async (defer) => {
      const { url, ca } = await secureServer(defer, engine)
      assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
      const options = { WebSocket: trusting({ ca }), room: 'kitchen' }
      const [ada, bob] = [await connect(`${url}/signal`, options), await connect(`${url}/signal`, options)]
      defer(() => ada.close())
      defer(() => bob.close())
      const heard: unknown[] = []
      const all = new Promise<void>(
        (resolve) =>
          void bob.join('kitchen').then((room) =>
            room.on('message', ({ data }) => {
              heard.push(data)
              if (heard.length === 4) resolve()
            }),
          ),
      )
      const room = await ada.join('kitchen')
      await bob.join('kitchen')
      const said = ['', 'hello', 'x'.repeat(20_000), 'y'.repeat(60_000)]
      for (const word of said) await room.publish(word)
      await all
      assert.equal(heard, said)
    })

    test('what is no TLS, or comes from nobody we trust, gets nothing', async (defer) => {
      const { url, port, ca } = await secureServer(defer, engine)
      const plain = await rawSocket(defer, port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      assert.not.match(await untilClosed(plain), /Signalbox|200/)
      assert.match(await handshake(defer, port, {}), /self-signed certificate|unable to verify/)
      assert.is(await handshake(defer, port, { ca }), 'first')
      assert.match(
        await handshake(defer, port, { ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
        /protocol|alert/,
      )
      assert.is((await get(`${url}/`, { ca })).status, 200)
    })

    test('pages say that they want to be read over TLS only, under their strict policy', async (defer) => {
      const { url, ca } = await secureServer(defer, engine)
      for (const path of ['/', '/signalbox.mjs', '/nothing']) {
        const { headers } = await get(`${url}${path}`, { ca })
        assert.is(headers['strict-transport-security'], 'max-age=31536000', path)
      }
      const { headers } = await get(`${url}/`, { ca })
      assert.match(String(headers['content-security-policy']), /default-src 'none'/)
    })

    test('its own origin is https: a page that came without TLS is foreign', async (defer) => {
      const { url, ca, port } = await secureServer(defer, engine)
      const status = (origin: string) =>
        new Promise((resolve) => {
          const socket = new WebSocket(`${url.replace('https', 'wss')}/signal`, ['signalbox.v1'], {
            ca,
            origin,
          })
          defer(() => socket.terminate())
          socket.on('error', () => {})
          socket.on('open', () => resolve(101))
          socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
        })
      assert.is(await status(`https://127.0.0.1:${port}`), 101)
      assert.is(await status(`http://127.0.0.1:${port}`), 403)
    })

    test('a new certificate serves new connections; those that stand go on; a bad one changes nothing', async (defer) => {
      const { url, port, ca, authority, renew } = await secureServer(defer, engine)
      const session = await connect(`${url}/signal`, { WebSocket: trusting({ ca }), room: 'kitchen' })
      defer(() => session.close())
      renew({ cert: authority.issue('wrong').cert, key: authority.issue('other').key })
      assert.is(await handshake(defer, port, { ca }), 'first')
      renew(authority.issue('second'))
      while ((await handshake(defer, port, { ca })) !== 'second') {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const room = await session.join('kitchen')
      await room.publish('still here')
    })

    test('with clientCa, only who presents a certificate of it comes in', async (defer) => {
      const { url, ca, authority } = await secureServer(defer, engine, { mutual: true })
      const stranger = new Authority(defer).issue('stranger')
      const known = authority.issue('known')
      const attempt = async (pair?: Pair) => {
        const own = pair && { cert: readFileSync(pair.cert), key: readFileSync(pair.key) }
        const WebSocketOf = trusting({ ca, ...own })
        const session = await connect(`${url}/signal`, { WebSocket: WebSocketOf })
        session.close()
        return session.id ?? ''
      }
      for (const pair of [undefined, stranger]) {
        const error = await attempt(pair).catch((reason: Error & { code?: string }) => reason)
        assert.is((error as { code?: string }).code, 'E_UNREACHABLE')
      }
      assert.match(await attempt(known), /^[\w-]{16}$/)
    })

    test('a TLS handshake that never goes on ends with the time for handshakes', async (defer) => {
      const { port } = await secureServer(defer, engine, { limits: { handshakeMs: 100 } })
      assert.is(await untilClosed(await rawSocket(defer, port)), '')
      assert.is(
        await untilClosed(await rawSocket(defer, port, Buffer.of(22, 3, 1, 2, 0, 1).toString('latin1'))),
        '',
      )
    })
  })
}
