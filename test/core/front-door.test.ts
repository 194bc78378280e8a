import { createServer } from 'node:net'
import * as assert from 'uvu/assert'
import { systemClock } from '../../core/clock.js'
import { parseConfig } from '../../core/config/load.js'
import type { Upgrade } from '../../core/contracts/transport.js'
import { SignalError } from '../../core/errors.js'
import { HttpFrontDoor } from '../../core/front-door.js'
import { FakeClock } from '../contract/fake-clock.js'
import { rawRequest, rawSocket, UPGRADE_HEADERS, untilClosed } from '../raw-http.js'
import { rejection } from '../rejection.js'
import { type Defer, suite } from '../suite.js'

interface Door {
  door: HttpFrontDoor
  port: number
  /** What transports were handed. */
  upgrades: Upgrade[]
  /** What was refused before any transport saw it. */
  refused: string[]
}

/** A front door that serves `/page` and takes upgrades at `/signal`. */
async function open(defer: Defer, config: Record<string, unknown> = {}, clock = systemClock): Promise<Door> {
  const refused: string[] = []
  const upgrades: Upgrade[] = []
  const door = new HttpFrontDoor(parseConfig({ listen: { port: 0 }, ...config }, '.'), {
    clock,
    refused: ({ code }, address) => refused.push(`${code} ${address}`),
  })
  door.mountPath('/page', (_request, response) => {
    response.writeHead(200, { 'Content-Length': 5 })
    response.end('hello')
  })
  door.mountUpgrade('/signal', (upgrade) => {
    upgrades.push(upgrade)
  })
  await door.start()
  defer(() => door.stop())
  return { door, port: door.port, upgrades, refused }
}

const handshake = (path = '/signal', more: Record<string, string> = {}) => {
  const headers = Object.entries({ Host: 'host.example', ...UPGRADE_HEADERS, ...more })
  return `GET ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** Waits, within the test's own time-out, until something is so. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 2))
}

suite('front-door: requests', (test) => {
  test('serves GET and HEAD of exactly the path that was mounted', async (defer) => {
    const { port } = await open(defer)
    const page = await rawRequest(defer, port, 'GET /page?x=1 HTTP/1.1')
    assert.equal([page.status, page.body], [200, 'hello'])
    const head = await rawRequest(defer, port, 'HEAD /page HTTP/1.1')
    assert.equal([head.status, head.body, head.headers['content-length']], [200, '', '5'])
    for (const path of ['/', '/page/', '/page2', '/Page', '/page/../../etc/passwd', '/%70age%00', '//page']) {
      const answer = await rawRequest(defer, port, `GET ${path} HTTP/1.1`)
      assert.is(answer.status, 404, path)
      assert.is(JSON.parse(answer.body).code, 'E_PATH')
    }
  })

  test('other methods get 405 and are told which are answered', async (defer) => {
    const { port } = await open(defer)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await rawRequest(defer, port, `${method} /page HTTP/1.1`, { 'Content-Length': '0' })
      assert.equal([answer.status, answer.headers.allow], [405, 'GET, HEAD'], method)
      assert.is(JSON.parse(answer.body).code, 'E_METHOD')
    }
  })

  test('a plain request to a WebSocket path gets 426 and is told to upgrade', async (defer) => {
    const { port } = await open(defer)
    const answer = await rawRequest(defer, port, 'GET /signal HTTP/1.1')
    assert.equal(
      [answer.status, answer.headers.upgrade, answer.headers.connection],
      [426, 'websocket', 'Upgrade, close'],
    )
    assert.is(JSON.parse(answer.body).code, 'E_UPGRADE')
  })

  test('headers over 16 KiB get 431, what is no HTTP gets 400', async (defer) => {
    const { port } = await open(defer)
    const long = await rawRequest(defer, port, 'GET /page HTTP/1.1', { 'X-Long': 'x'.repeat(17_000) })
    assert.is(long.status, 431)
    const socket = await rawSocket(defer, port, '\x16\x03\x01 this is not HTTP\r\n\r\n')
    assert.match(await untilClosed(socket), /^HTTP\/1\.1 400 /)
  })

  test('a request that never ends is cut off after limits.handshakeMs', async (defer) => {
    const { port } = await open(defer, { limits: { handshakeMs: 100 } })
    const socket = await rawSocket(defer, port, 'GET /page HTTP/1.1\r\nHost: x\r\n')
    assert.match(await untilClosed(socket), /^HTTP\/1\.1 408 /)
  })

  test('a path can be mounted once', async (defer) => {
    const { door } = await open(defer)
    assert.throws(() => door.mountPath('/page', () => {}), /path: \/page is served by something else/)
    assert.throws(
      () => door.mountUpgrade('/signal', () => {}),
      /path: \/signal is served by another transport/,
    )
  })
})

suite('front-door: upgrades', (test) => {
  test('hands a transport the socket, the URL and the address', async (defer) => {
    const { port, upgrades, refused } = await open(defer)
    await rawSocket(defer, port, handshake('/signal?room=a%20b'))
    await until(() => upgrades.length === 1)
    const { url, address, head } = upgrades[0]!
    assert.equal(
      [url.pathname, url.searchParams.get('room'), address, head.length],
      ['/signal', 'a b', '127.0.0.1', 0],
    )
    assert.equal(refused, [])
  })

  test('at a path that takes none: 404', async (defer) => {
    const { port, upgrades, refused } = await open(defer)
    const answer = await rawRequest(defer, port, 'GET /page HTTP/1.1', UPGRADE_HEADERS)
    assert.equal([answer.status, answer.headers.connection], [404, 'close'])
    assert.equal([upgrades.length, refused], [0, ['E_PATH 127.0.0.1']])
  })

  test('from a foreign origin: 403, and no transport hears of it', async (defer) => {
    const { port, upgrades, refused } = await open(defer, { origins: ['https://app.example'] })
    for (const Origin of ['https://evil.example', 'null', 'https://app.example.evil.example']) {
      const answer = await rawRequest(defer, port, 'GET /signal HTTP/1.1', { ...UPGRADE_HEADERS, Origin })
      assert.is(answer.status, 403, Origin)
      assert.is(JSON.parse(answer.body).code, 'E_ORIGIN')
    }
    assert.equal(refused, Array(3).fill('E_ORIGIN 127.0.0.1'))
    assert.is(upgrades.length, 0)
    for (const Origin of ['https://app.example', 'http://host.example']) {
      await rawSocket(defer, port, handshake('/signal', { Origin }))
    }
    await until(() => upgrades.length === 2)
  })

  test('a transport may refuse: the answer says why and when to come again', async (defer) => {
    const { port, upgrades } = await open(defer)
    const answer = rawRequest(defer, port, 'GET /signal HTTP/1.1', UPGRADE_HEADERS)
    await until(() => upgrades.length === 1)
    upgrades[0]!.refuse(new SignalError('E_BUSY', 'full', 2500))
    const { status, headers, body } = await answer
    assert.equal(
      [status, headers['retry-after'], JSON.parse(body)],
      [503, '3', { code: 'E_BUSY', message: 'full' }],
    )
  })

  test('a handshake that is not completed within limits.handshakeMs ends; one that is stays', async (defer) => {
    const clock = new FakeClock()
    const { port, upgrades } = await open(defer, { limits: { handshakeMs: 1000 } }, clock)
    const slow = await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 1)
    const quick = await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 2)
    upgrades[1]!.done()
    clock.advance(1000)
    assert.is(await untilClosed(slow), '')
    assert.not(quick.destroyed)
    assert.is(clock.pending, 0)
  })

  test('too many handshakes under way: 503 until one completes or goes away', async (defer) => {
    const { port, upgrades, refused } = await open(defer, { limits: { handshakes: 2 } })
    await rawSocket(defer, port, handshake())
    const second = await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 2)
    const answer = await rawRequest(defer, port, 'GET /signal HTTP/1.1', UPGRADE_HEADERS)
    assert.equal([answer.status, answer.headers['retry-after'], refused], [503, '1', ['E_BUSY 127.0.0.1']])
    upgrades[0]!.done()
    await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 3)
    second.resetAndDestroy()
    await until(() => upgrades[1]!.socket.destroyed)
    await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 4)
  })

  test('a client that vanishes in the middle of its handshake leaves nothing behind', async (defer) => {
    const clock = new FakeClock()
    const { port, upgrades } = await open(defer, {}, clock)
    const socket = await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 1)
    socket.resetAndDestroy()
    await until(() => upgrades[0]!.socket.destroyed)
    await until(() => clock.pending === 0)
    upgrades[0]!.refuse(new SignalError('E_BUSY')) // too late, and no harm done
  })
})

suite('front-door: life', (test) => {
  test('stop ends requests and handshakes, frees the port, and leaves the sockets of transports to them', async (defer) => {
    const { door, port, upgrades } = await open(defer)
    const idle = await rawSocket(defer, port, 'GET /page HTTP/1.1\r\nHost: x\r\n\r\n')
    const pending = await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 1)
    const complete = await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 2)
    upgrades[1]!.done()
    door.stop()
    await Promise.all([untilClosed(idle), untilClosed(pending)])
    assert.not(complete.destroyed)
    const next = createServer()
    await new Promise<void>((resolve, reject) =>
      next.once('error', reject).listen(port, '127.0.0.1', resolve),
    )
    await new Promise((resolve) => next.close(resolve))
    door.stop()
  })

  test('a port that is taken says so, and what to do', async (defer) => {
    const { port } = await open(defer)
    const second = new HttpFrontDoor(parseConfig({ listen: { port } }, '.'), {
      clock: systemClock,
      refused: () => {},
    })
    const error = await rejection(second.start())
    assert.is(
      error.message,
      `listen: 127.0.0.1:${port} is taken; end the program that has it, or choose another port`,
    )
    second.stop()
  })
})
