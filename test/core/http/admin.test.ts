import * as assert from 'uvu/assert'
import { AdminListener, type AdminOptions } from '../../../core/http/admin.js'
import { capturedLogger } from '../../captured-logger.js'
import { rawRequest, rawSocket, untilClosed } from '../../raw-http.js'
import { rejection } from '../../rejection.js'
import { type Defer, suite } from '../../suite.js'

const TOKEN = 'sixteen characters'

async function open(defer: Defer, options: Partial<AdminOptions> = {}) {
  const { logger, lines } = capturedLogger()
  const admin = new AdminListener({ host: '127.0.0.1', port: 0, ...options }, logger)
  admin.mount('/healthz', () => ({ contentType: 'text/plain', body: 'ok\n' }))
  admin.mount('/secret', async () => ({ status: 203, contentType: 'text/html', body: 'who is who' }))
  admin.mount('/broken', () => {
    throw new Error('at /home/operator')
  })
  await admin.start()
  defer(() => admin.stop())
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    rawRequest(defer, admin.port, `${method} ${path} HTTP/1.1`, headers)
  return { admin, get, lines }
}

suite('admin', (test) => {
  test('serves what was mounted, never from a cache', async (defer) => {
    const { get } = await open(defer)
    const { status, headers, body } = await get('/secret?x=1')
    assert.equal([status, headers['content-type'], body], [203, 'text/html', 'who is who'])
    assert.equal([headers['cache-control'], headers['x-content-type-options']], ['no-store', 'nosniff'])
    assert.equal((await get('/secret', {}, 'HEAD')).body, '')
  })

  test('other paths get 404, other methods 405', async (defer) => {
    const { get } = await open(defer)
    for (const path of ['/', '/secret/', '/Secret', '/secret2'])
      assert.is((await get(path)).status, 404, path)
    const post = await get('/secret', { 'Content-Length': '0' }, 'POST')
    assert.equal([post.status, post.headers.allow], [405, 'GET, HEAD'])
  })

  test('an action is posted to, by whoever may, and by no web page', async (defer) => {
    for (const token of [undefined, TOKEN]) {
      const { admin, get } = await open(defer, token === undefined ? {} : { token })
      let done = 0
      admin.mountAction('/act', () => ({ done: ++done }))
      const headers = {
        'Content-Length': '0',
        'Content-Type': 'application/json',
        ...(token === undefined ? {} : { Authorization: `Bearer ${TOKEN}` }),
      }
      const { status, body } = await get('/act', headers, 'POST')
      assert.equal([status, body], [200, '{"done":1}\n'])
      const read = await get('/act', headers)
      assert.equal([read.status, read.headers.allow], [405, 'POST'])
      const stranger = { 'Content-Length': '0', Origin: 'https://evil.example' }
      assert.is((await get('/act', stranger, 'POST')).status, token === undefined ? 403 : 401)
      assert.is(done, 1)
    }
  })

  test('a page that fails is a 500 that tells the log, not the visitor', async (defer) => {
    const { get, lines } = await open(defer)
    const { status, body } = await get('/broken')
    assert.is(status, 500)
    assert.not.match(body, /operator/)
    assert.match(JSON.stringify(lines), /at \/home\/operator/)
  })

  test('with a token, everything but health asks for exactly it', async (defer) => {
    const { get } = await open(defer, { token: TOKEN })
    assert.is((await get('/healthz')).body, 'ok\n')
    for (const Authorization of [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${TOKEN}x`,
      'Bearer x',
      TOKEN,
      `Basic ${TOKEN}`,
    ]) {
      const { status, headers, body } = await get('/secret', { Authorization })
      assert.equal([status, headers['www-authenticate']], [401, 'Bearer'], Authorization)
      assert.not.match(body, /who is who/)
    }
    assert.is((await get('/secret')).status, 401)
    assert.is((await get('/nothing')).status, 401) // what is there is nobody's business
    assert.is((await get('/secret', { Authorization: `Bearer ${TOKEN}` })).status, 203)
  })

  test('without a token, no web page gets in by the browser of somebody on this machine', async (defer) => {
    const { admin, get } = await open(defer)
    for (const method of ['GET', 'POST']) {
      const rebound = await get('/secret', { Host: 'evil.example', Origin: 'http://evil.example' }, method)
      assert.equal([rebound.status, JSON.parse(rebound.body).code], [421, 'E_HOST'])
      for (const Origin of ['https://evil.example', 'null', 'http://localhost:3000']) {
        const foreign = await get('/secret', { Host: `127.0.0.1:${admin.port}`, Origin }, method)
        assert.equal([foreign.status, JSON.parse(foreign.body).code], [403, 'E_ORIGIN'], Origin)
      }
    }
    const own = { Host: `localhost:${admin.port}`, Origin: `http://localhost:${admin.port}` }
    assert.is((await get('/secret', own)).status, 203)
    assert.is((await get('/healthz', { Host: 'any.example' })).status, 200)
  })

  test('with a token, neither name nor origin matters', async (defer) => {
    const { get } = await open(defer, { token: TOKEN })
    const headers = {
      Host: 'admin.example',
      Origin: 'https://grafana.example',
      Authorization: `Bearer ${TOKEN}`,
    }
    assert.is((await get('/secret', headers)).status, 203)
  })

  test('beyond loopback there is no listener without a token', () => {
    const { logger } = capturedLogger()
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      assert.throws(
        () => new AdminListener({ host, port: 0 }, logger),
        `admin.token: is missing, and admin.host is ${host}; set a token, or listen on 127.0.0.1`,
      )
      assert.ok(new AdminListener({ host, port: 0, token: TOKEN }, logger))
    }
  })

  test('a path is mounted once', async (defer) => {
    const { admin } = await open(defer)
    assert.throws(
      () => admin.mount('/secret', () => ({ contentType: '', body: '' })),
      /^path: \/secret is served by another observer already$/,
    )
  })

  test('stop ends idle connections; a stop before a start, and a second one, do nothing', async (defer) => {
    const { admin } = await open(defer)
    const idle = await rawSocket(defer, admin.port)
    const { logger } = capturedLogger()
    const second = new AdminListener({ host: '127.0.0.1', port: admin.port }, logger)
    assert.match((await rejection(second.start())).message, /^admin: 127\.0\.0\.1:\d+ is taken/)
    await second.stop()
    await admin.stop()
    await untilClosed(idle)
    await admin.stop()
  })
})
