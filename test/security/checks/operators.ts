import * as assert from 'uvu/assert'
import { createServer } from '../../../core/server.js'
import { rawRequest } from '../../raw-http.js'
import { rejection } from '../../rejection.js'
import type { Group } from '../check.js'

const TOKEN = 'a token for operators'
const portOf = (url: string | undefined) => Number(new URL(url!).port)

export const operators: Group = {
  title: 'Pages and the operators’ listener',
  checks: [
    {
      holds:
        'the page runs nothing inline, loads nothing foreign, talks to its own host only, and is never framed',
      threat:
        'a name somebody chose becomes a script in everybody’s browser, or a foreign page leads the clicks',
      async attack({ serve, defer }) {
        const { port } = await serve({ page: true })
        const { headers, body } = await rawRequest(defer, port, 'GET / HTTP/1.1')
        const policy = headers['content-security-policy'] ?? ''
        for (const rule of [
          "default-src 'none'",
          "script-src 'self'",
          "connect-src 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
          "require-trusted-types-for 'script'",
        ]) {
          assert.ok(policy.split('; ').includes(rule), rule)
        }
        assert.not.match(policy, /unsafe|\*|https?:/)
        assert.not.match(body, /<script(?![^>]*\ssrc="\/)|\son[a-z]+=|javascript:/i)
      },
    },
    {
      holds: 'answers say what they are, and repeat nothing of the request',
      threat: 'an error page is taken for a script (reflection, sniffing)',
      async attack({ serve, defer }) {
        const { port } = await serve({ page: true })
        const evil = '<script>alert(1)</script>'
        for (const line of [`GET /${encodeURI(evil)}?${encodeURI(evil)} HTTP/1.1`, `POST / HTTP/1.1`]) {
          const { headers, body } = await rawRequest(defer, port, line, {
            'X-Evil': evil,
            'Content-Length': '0',
          })
          assert.equal(
            [headers['content-type'], headers['x-content-type-options']],
            ['application/json', 'nosniff'],
          )
          assert.not.match(body, /script/i)
        }
      },
    },
    {
      holds: 'answers don’t tell what the server is made of',
      threat: 'whoever looks for an old version finds it',
      async attack({ serve, defer }) {
        const { port } = await serve({ page: true })
        for (const path of ['/', '/nothing', '/signal']) {
          const { headers } = await rawRequest(defer, port, `GET ${path} HTTP/1.1`)
          assert.equal([headers.server, headers['x-powered-by']], [undefined, undefined])
        }
      },
    },
    {
      holds: 'metrics and health aren’t on the clients’ port',
      threat: 'anybody reads how the server is doing',
      async attack({ serve, defer }) {
        const { port } = await serve({ admin: { port: 0 } })
        for (const path of ['/metrics', '/healthz', '/readyz', '/drain', '/kick']) {
          assert.is((await rawRequest(defer, port, `GET ${path} HTTP/1.1`)).status, 404, path)
        }
      },
    },
    {
      holds: 'no web page reaches the operators’ listener on loopback',
      threat:
        'a page that an operator visits reads metrics, or drains the server (rebinding, cross-site requests)',
      async attack({ serve, defer }) {
        const port = portOf((await serve({ admin: { port: 0 } })).adminUrl)
        assert.is((await rawRequest(defer, port, 'GET /metrics HTTP/1.1')).status, 200)
        for (const path of ['GET /metrics', 'POST /drain', 'POST /metrics']) {
          const evil = { Host: 'evil.example', Origin: 'http://evil.example', 'Content-Length': '0' }
          assert.is((await rawRequest(defer, port, `${path} HTTP/1.1`, evil)).status, 421)
          const foreign = { Host: `127.0.0.1:${port}`, Origin: 'https://evil.example', 'Content-Length': '0' }
          assert.is((await rawRequest(defer, port, `${path} HTTP/1.1`, foreign)).status, 403)
        }
      },
    },
    {
      holds: 'with a token, everything but health asks for it, and what is there isn’t told without',
      threat: 'who reaches the port looks around',
      async attack({ serve, defer }) {
        const port = portOf((await serve({ admin: { port: 0, token: TOKEN } })).adminUrl)
        const get = async (path: string, Authorization: string) =>
          (await rawRequest(defer, port, `GET ${path} HTTP/1.1`, { Authorization })).status
        for (const wrong of [
          '',
          'Bearer',
          'Bearer x',
          `Bearer ${TOKEN}x`,
          `Bearer ${TOKEN.slice(1)}`,
          TOKEN,
        ]) {
          assert.equal([await get('/metrics', wrong), await get('/nothing', wrong)], [401, 401], wrong)
        }
        assert.equal([await get('/metrics', `Bearer ${TOKEN}`), await get('/healthz', '')], [200, 200])
      },
    },
    {
      holds: 'beyond loopback, the operators’ listener doesn’t open without a token',
      threat: 'a server that was tried out is run by everybody',
      async attack({ engine }) {
        const config = {
          listen: { port: 0 },
          admin: { host: '0.0.0.0', port: 0 },
          engine,
          log: { level: 'silent' },
        }
        assert.match((await rejection(createServer(config))).message, /^admin\.token: is missing/)
      },
    },
  ],
}
