import { type AddressInfo, createServer, type Socket } from 'node:net'
import { pino } from 'pino'
import * as assert from 'uvu/assert'
import { systemClock } from '../../../core/clock.js'
import { parseConfig } from '../../../core/config/load.js'
import type { Upgrade } from '../../../core/contracts/transport.js'
import { SignalError } from '../../../core/errors.js'
import { HttpFrontDoor } from '../../../core/http/front-door.js'
import { FakeClock } from '../../contract/fake-clock.js'
import { parseAnswer, rawRequest, rawSocket, UPGRADE_HEADERS, untilClosed } from '../../raw-http.js'
import { rejection } from '../../rejection.js'
import { type Defer, suite } from '../../suite.js'

interface Door {
  door: HttpFrontDoor
  port: number
  /** What transports were handed. */
  upgrades: Upgrade[]
  /** What was refused before any transport saw it. */
  refused: string[]
}

/** A front door that serves `/page` and takes upgrades at `/signal`. */
async function open(
  defer: Defer,
  config: Record<string, unknown> = {},
  clock = systemClock,
  binds = true,
): Promise<Door> {
  const refused: string[] = []
  const upgrades: Upgrade[] = []
  const door = new HttpFrontDoor(parseConfig({ listen: { port: 0 }, ...config }, '.'), {
    clock,
    logger: pino({ level: 'silent' }),
    directory: '.',
    binds,
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
  const headers = Object.entries({ Host: 'localhost', ...UPGRADE_HEADERS, ...more })
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
    for (const Origin of ['https://app.example', 'http://localhost']) {
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

  test('a client that ends its side before it was let in is not waited for', async (defer) => {
    const clock = new FakeClock()
    const { port, upgrades } = await open(defer, {}, clock)
    const socket = await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 1)
    socket.end()
    await until(() => upgrades[0]!.socket.destroyed)
    assert.is(clock.pending, 0)
  })

  test('one that ends its side after that is left to the transport', async (defer) => {
    const { port, upgrades } = await open(defer)
    const socket = await rawSocket(defer, port, handshake())
    await until(() => upgrades.length === 1)
    upgrades[0]!.done()
    const ended = new Promise((resolve) => upgrades[0]!.socket.once('end', resolve))
    socket.end()
    await ended
    assert.not(upgrades[0]!.socket.destroyed)
    upgrades[0]!.socket.destroy()
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

suite('front-door: names', (test) => {
  test('on loopback, a name that is not its own is DNS rebinding: 421, for pages and upgrades', async (defer) => {
    const { port, upgrades, refused } = await open(defer)
    for (const Host of [
      'evil.example',
      'evil.example:80',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'a@localhost',
    ]) {
      const page = await rawRequest(defer, port, 'GET /page HTTP/1.1', { Host })
      assert.equal([page.status, JSON.parse(page.body).code], [421, 'E_HOST'], Host)
      const upgrade = await rawRequest(defer, port, 'GET /signal HTTP/1.1', {
        ...UPGRADE_HEADERS,
        Host,
        Origin: `http://${Host}`,
      })
      assert.equal([upgrade.status, JSON.parse(upgrade.body).code], [421, 'E_HOST'], Host)
    }
    assert.equal([upgrades.length, refused], [0, Array(5).fill('E_HOST 127.0.0.1')])
    for (const Host of [`127.0.0.1:${port}`, `localhost:${port}`, '[::1]:80', 'app.localhost', '192.0.2.1']) {
      assert.is((await rawRequest(defer, port, 'GET /page HTTP/1.1', { Host })).status, 200, Host)
    }
  })

  test('listen.names adds names, and makes a server beyond loopback choosy too', async (defer) => {
    const named = await open(defer, { listen: { port: 0, names: ['signal.example'] } })
    const everywhere = await open(defer, { listen: { port: 0, host: '0.0.0.0', names: ['signal.example'] } })
    const anyName = await open(defer, { listen: { port: 0, host: '0.0.0.0' } })
    for (const { port } of [named, everywhere]) {
      const status = async (Host: string) =>
        (await rawRequest(defer, port, 'GET /page HTTP/1.1', { Host })).status
      assert.equal([await status('signal.example'), await status('SIGNAL.example:8080')], [200, 200])
      assert.equal([await status('evil.example'), await status('127.0.0.1')], [421, 200])
    }
    assert.is(
      (await rawRequest(defer, anyName.port, 'GET /page HTTP/1.1', { Host: 'any.example' })).status,
      200,
    )
  })
})

suite('front-door: headers', (test) => {
  test('more than 100 get 431, so that none is overlooked', async (defer) => {
    const { port, refused } = await open(defer)
    const more = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`X-${i}`, 'x']))
    assert.is((await rawRequest(defer, port, 'GET /page HTTP/1.1', more)).status, 431)
    const last = { ...UPGRADE_HEADERS, ...more, Origin: 'https://evil.example' }
    const upgrade = await rawRequest(defer, port, 'GET /signal HTTP/1.1', last)
    assert.equal([upgrade.status, refused], [431, ['E_HEADERS 127.0.0.1']])
    const fewer = Object.fromEntries(Object.entries(more).slice(0, 98))
    assert.is((await rawRequest(defer, port, 'GET /page HTTP/1.1', fewer)).status, 200)
  })

  test('an upgrade that nobody knows is ignored, and the request answered (RFC 9110 section 7.8)', async (defer) => {
    const { port, upgrades, refused } = await open(defer)
    const h2c = {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
    }
    const page = await rawRequest(defer, port, 'GET /page HTTP/1.1', h2c)
    assert.equal([page.status, page.body, page.headers.connection], [200, 'hello', 'close'])
    assert.is((await rawRequest(defer, port, 'GET /nothing HTTP/1.1', h2c)).status, 404)
    assert.is((await rawRequest(defer, port, 'POST /page HTTP/1.1', h2c)).status, 405)
    assert.is((await rawRequest(defer, port, 'GET /signal HTTP/1.1', h2c)).status, 426)
    assert.equal([upgrades.length, refused], [0, []])
  })
})

suite('front-door: proxies', (test) => {
  const addresses = async (defer: Defer, proxies: string[], forwarded: readonly string[]) => {
    const { port, upgrades } = await open(defer, { listen: { port: 0, proxies } })
    for (const [i, value] of forwarded.entries()) {
      await rawSocket(defer, port, handshake('/signal', { 'X-Forwarded-For': value }))
      await until(() => upgrades.length === i + 1)
    }
    return upgrades.map(({ address }) => address)
  }

  test('X-Forwarded-For counts when a trusted proxy says it', async (defer) => {
    assert.equal(
      await addresses(
        defer,
        ['127.0.0.0/8'],
        ['198.51.100.7', 'evil, 198.51.100.7', '198.51.100.7, 127.0.0.9', 'unknown'],
      ),
      ['198.51.100.7', '198.51.100.7', '198.51.100.7', '127.0.0.1'],
    )
  })

  test('and not otherwise', async (defer) => {
    assert.equal(await addresses(defer, [], ['198.51.100.7']), ['127.0.0.1'])
    assert.equal(await addresses(defer, ['10.0.0.0/8'], ['198.51.100.7']), ['127.0.0.1'])
  })
})

suite('front-door: connections that somebody else has accepted', (test) => {
  /** A front door that binds nothing, and a listener that reads `headBytes` of each connection and hands it over. */
  async function handed(defer: Defer, headBytes: number, config: Record<string, unknown> = {}) {
    const made = await open(defer, config, systemClock, false)
    const sockets: Socket[] = []
    const listener = createServer({ pauseOnConnect: true }, (socket) => {
      sockets.push(socket)
      const read = () => {
        const head: Buffer | null = headBytes === 0 ? Buffer.alloc(0) : socket.read(headBytes)
        if (head === null) return
        socket.off('readable', read)
        made.door.take(socket, head)
      }
      if (headBytes === 0) read()
      else socket.on('readable', read)
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    defer(() => {
      for (const socket of sockets) socket.destroy()
      listener.close()
    })
    return { ...made, port: (listener.address() as AddressInfo).port, sockets }
  }

  test('are served like others, with what was read of them before', async (defer) => {
    for (const headBytes of [0, 1, 20]) {
      const { port, upgrades } = await handed(defer, headBytes)
      assert.is((await rawRequest(defer, port, 'GET /page HTTP/1.1')).body, 'hello')
      assert.is((await rawRequest(defer, port, 'GET /page HTTP/1.1', { Host: 'evil.example' })).status, 421)
      await rawSocket(defer, port, handshake())
      await until(() => upgrades.length === 1)
    }
  })

  test('go through the same deadlines: who never ends its request gets 408', async (defer) => {
    const { port } = await handed(defer, 4, { limits: { handshakeMs: 300 } })
    assert.is(
      parseAnswer(await untilClosed(await rawSocket(defer, port, 'GET /page HTTP/1.1\r\n'))).status,
      408,
    )
  })

  test('no more at a time than limits.peers and limits.handshakes allow', async (defer) => {
    const { port, sockets } = await handed(defer, 0, { limits: { peers: 1, handshakes: 1 } })
    const first = await rawSocket(defer, port)
    await rawSocket(defer, port)
    await until(() => sockets.length === 2)
    assert.is(await untilClosed(await rawSocket(defer, port)), '')
    first.destroy()
    await until(() => sockets[0]!.destroyed)
    assert.is((await rawRequest(defer, port, 'GET /page HTTP/1.1')).status, 200)
  })

  test('end with the door; whoever comes after it is not let in', async (defer) => {
    const { door, port } = await handed(defer, 0)
    const idle = await rawSocket(defer, port, 'GET /page HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => idle.once('data', resolve))
    door.stop()
    await untilClosed(idle)
    assert.is(await untilClosed(await rawSocket(defer, port)), '')
  })

  test('nothing is bound: the port is the one of the config', async (defer) => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    defer(() => holder.close())
    const { port } = holder.address() as AddressInfo
    const { door } = await open(defer, { listen: { port } }, systemClock, false)
    assert.is(door.port, port)
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
      logger: pino({ level: 'silent' }),
      directory: '.',
      binds: true,
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
