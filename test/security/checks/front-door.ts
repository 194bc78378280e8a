import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { rawRequest, rawSocket, UPGRADE_HEADERS, untilClosed } from '../../raw-http.js'
import { comesTrue, handshake, statusOf } from '../attacker.js'
import type { Group, World } from '../check.js'

const frankAuth = `./${relative(process.cwd(), fileURLToPath(new URL('../../fixtures/frank-auth.js', import.meta.url)))}`
const FRANK = { plugins: { auth: [{ use: frankAuth }] } }
const token = (text: string) => ({ Authorization: `Bearer ${text}` })

/** The address that the server believes a client to have. */
async function believedAddress(world: World, proxies: string[], forwardedFor: string): Promise<string> {
  const target = await world.serve({ ...FRANK, listen: { port: 0, proxies } })
  const client = target.dial({ token: 'address', headers: { 'X-Forwarded-For': forwardedFor } })
  return (await client.next('error')).message
}

export const frontDoor: Group = {
  title: 'The front door',
  checks: [
    {
      holds: 'a web page of a foreign origin gets 403',
      threat:
        'any page that a user visits connects with what the user’s machine can reach (cross-site WebSockets)',
      async attack({ serve, defer }) {
        const { port } = await serve({ origins: ['https://app.example'] })
        assert.is(await statusOf(defer, port, { Origin: 'https://app.example' }), 101)
        assert.is(await statusOf(defer, port, { Origin: 'https://evil.example' }), 403)
      },
    },
    {
      holds: 'origins are compared letter for letter: no suffix, prefix, port, scheme, case or `null` passes',
      threat: 'an attacker registers a name that looks like an allowed one',
      async attack({ serve, defer }) {
        const { port } = await serve({ origins: ['https://app.example'] })
        for (const Origin of [
          'null',
          'https://app.example.evil.example',
          'https://evil-app.example',
          'https://app.example:8443',
          'http://app.example',
          'HTTPS://APP.EXAMPLE',
          'https://app.example@evil.example',
          'https://app.example/',
          'file://',
        ]) {
          assert.is(await statusOf(defer, port, { Origin }), 403, Origin)
        }
      },
    },
    {
      holds: 'a server on loopback answers to addresses, `localhost` and its own names only',
      threat: 'a page points its own name at 127.0.0.1 and passes for the server’s own page (DNS rebinding)',
      async attack({ serve, defer }) {
        const { port } = await serve({ page: true })
        for (const Host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
          assert.is(await statusOf(defer, port, { Host, Origin: `http://${Host}` }), 421, Host)
          assert.is((await rawRequest(defer, port, 'GET / HTTP/1.1', { Host })).status, 421, Host)
        }
      },
    },
    {
      holds: 'a request with more than 100 headers is refused, and none is overlooked',
      threat: 'an Origin behind thousands of headers isn’t seen, and passes',
      async attack({ serve, defer }) {
        const { port } = await serve()
        const many = Object.fromEntries(Array.from({ length: 2100 }, (_, i) => [`x${i}`, '']))
        const { status } = await rawRequest(defer, port, 'GET /signal HTTP/1.1', {
          ...UPGRADE_HEADERS,
          ...many,
          Origin: 'https://evil.example',
        })
        assert.ok(status === 431, `${status}`)
      },
    },
    {
      holds: 'a request line and headers of more than 16 KiB get 431',
      threat: 'memory is filled with headers that never end',
      async attack({ serve, defer }) {
        const { port } = await serve()
        assert.is((await rawRequest(defer, port, 'GET / HTTP/1.1', { X: 'x'.repeat(20_000) })).status, 431)
        assert.is((await rawRequest(defer, port, `GET /${'x'.repeat(20_000)} HTTP/1.1`)).status, 431)
      },
    },
    {
      holds: 'who says nothing, or a request drop by drop, is cut off after the time for handshakes',
      threat: 'connections that cost nothing to hold open use up the server’s (slow loris)',
      async attack({ serve, defer }) {
        const { port } = await serve({ limits: { handshakeMs: 100 } })
        await untilClosed(await rawSocket(defer, port))
        const drip = await rawSocket(defer, port, 'GET /signal HTTP/1.1\r\n')
        const drops = setInterval(() => drip.write('x'), 20)
        defer(() => clearInterval(drops))
        await untilClosed(drip)
      },
    },
    {
      holds: 'a handshake that auth keeps waiting ends with the time for handshakes',
      threat: 'connections that are neither in nor out stay for ever',
      async attack({ serve, defer }) {
        const { port } = await serve({ ...FRANK, limits: { handshakeMs: 200 } })
        await untilClosed(await rawSocket(defer, port, handshake(token('wait'))))
      },
    },
    {
      holds: 'so many handshakes are under way at a time; the next gets 503',
      threat: 'a slow auth backend is what an attacker piles up memory with',
      async attack({ serve, defer }) {
        const { port } = await serve({ ...FRANK, limits: { handshakes: 2 } })
        for (let i = 0; i < 2; i++) await rawSocket(defer, port, handshake(token('wait')))
        assert.ok(await comesTrue(async () => (await statusOf(defer, port)) === 503))
      },
    },
    {
      holds: 'who goes away during its handshake makes room at once',
      threat: 'clients that come and go keep all places for handshakes taken',
      async attack({ serve, defer }) {
        const { port } = await serve({ ...FRANK, limits: { handshakes: 1 } })
        for (let i = 0; i < 3; i++) {
          const socket = await rawSocket(defer, port, handshake(token('wait')))
          assert.ok(await comesTrue(async () => (await statusOf(defer, port)) === 503))
          socket.end()
          assert.ok(await comesTrue(async () => (await statusOf(defer, port)) === 101))
        }
      },
    },
    {
      holds: 'an upgrade to anything but WebSocket is ignored',
      threat: 'a request is smuggled past a proxy inside a protocol that it doesn’t understand (h2c)',
      async attack({ serve, defer }) {
        const { port } = await serve({ page: true })
        const h2c = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' }
        const answer = await rawRequest(defer, port, 'GET / HTTP/1.1', h2c)
        assert.equal([answer.status, answer.headers.upgrade], [200, undefined])
      },
    },
    {
      holds: 'a request whose length is told in two ways gets 400',
      threat: 'a proxy and the server disagree where a request ends (request smuggling)',
      async attack({ serve, defer }) {
        const { port } = await serve()
        const both = { 'Content-Length': '4', 'Transfer-Encoding': 'chunked' }
        assert.is((await rawRequest(defer, port, 'POST / HTTP/1.1', both)).status, 400)
        const twice = await rawSocket(
          defer,
          port,
          'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
        )
        assert.match(await untilClosed(twice), /^HTTP\/1\.1 400 /)
      },
    },
    {
      holds: 'a path is one of those served, or 404: nothing is looked up in a file system',
      threat: 'files of the machine are read by paths with dots in them',
      async attack({ serve, defer }) {
        const { port } = await serve({ page: true })
        for (const path of [
          '/../package.json',
          '/..%2fpackage.json',
          '/%2e%2e/x',
          '//etc/passwd',
          '/app.js%00',
          '/.env',
        ]) {
          assert.is((await rawRequest(defer, port, `GET ${path} HTTP/1.1`)).status, 404, path)
        }
      },
    },
    {
      holds: '`X-Forwarded-For` of a stranger is ignored',
      threat: 'a client gives itself a new address with each request, and no limit or ban holds it',
      async attack(world) {
        assert.is(await believedAddress(world, [], '198.51.100.7'), 'you come from 127.0.0.1')
        assert.is(await believedAddress(world, ['10.0.0.0/8'], '198.51.100.7'), 'you come from 127.0.0.1')
      },
    },
    {
      holds: 'of a proxy’s `X-Forwarded-For` the part counts that the proxy itself has written',
      threat: 'a client puts an address of its choice in front of what the proxy appends',
      async attack(world) {
        const believed = await believedAddress(world, ['127.0.0.1'], '203.0.113.9, 198.51.100.7')
        assert.is(believed, 'you come from 198.51.100.7')
        assert.is(await believedAddress(world, ['127.0.0.1'], 'x, y'), 'you come from 127.0.0.1')
      },
    },
  ],
}
