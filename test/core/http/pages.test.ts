import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { mountPages } from '../../../core/http/pages.js'
import { FakeFrontDoor } from '../../contract/fake-doors.js'
import { rawRequest } from '../../raw-http.js'
import { type Defer, suite } from '../../suite.js'

async function serve(defer: Defer) {
  const door = new FakeFrontDoor()
  mountPages(door)
  const server = createServer((request, response) => door.paths.get(request.url ?? '')!(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  defer(() => server.close())
  const { port } = server.address() as AddressInfo
  return { door, get: (path: string) => rawRequest(defer, port, `GET ${path} HTTP/1.1`) }
}

suite('pages', (test) => {
  test('the call page and the bundles, each with its type and its length', async (defer) => {
    const { door, get } = await serve(defer)
    const types: Record<string, string> = {
      '/': 'text/html; charset=utf-8',
      '/app.js': 'text/javascript; charset=utf-8',
      '/style.css': 'text/css; charset=utf-8',
      '/signalbox.js': 'text/javascript; charset=utf-8',
      '/signalbox-seal.mjs': 'text/javascript; charset=utf-8',
      '/signalbox.mjs': 'text/javascript; charset=utf-8',
    }
    for (const [path, type] of Object.entries(types)) {
      const { status, headers, body } = await get(path)
      assert.equal([status, headers['content-type']], [200, type], path)
      assert.is(headers['content-length'], String(Buffer.byteLength(body)))
      assert.ok(body.length > 100, path)
    }
    for (const path of Object.keys(types)) assert.ok(door.paths.has(path))
  })

  test('every one comes with a policy that lets nothing foreign in', async (defer) => {
    const { door, get } = await serve(defer)
    for (const path of door.paths.keys()) {
      const { headers } = await get(path)
      const policy = headers['content-security-policy'] ?? ''
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ]) {
        assert.ok(policy.split('; ').includes(rule), `${path} ${rule}`)
      }
      assert.not.match(policy, /unsafe|\*/)
      assert.equal(
        [headers['x-content-type-options'], headers['x-frame-options'], headers['referrer-policy']],
        ['nosniff', 'DENY', 'no-referrer'],
      )
    }
  })

  test('the page keeps to its policy: no inline script, style or handler, nothing from elsewhere', async (defer) => {
    const { body } = await (await serve(defer)).get('/')
    assert.match(body, /<script[^>]+src="\/?app\.js"/)
    assert.not.match(body, /<script(?![^>]*\ssrc=)[^>]*>\s*\S/i)
    assert.not.match(body, /<style/i)
    assert.not.match(body, /\sstyle="/i)
    assert.not.match(body, /\son[a-z]+="/i)
    assert.not.match(body, /(?:src|href)="(?:https?:)?\/\//i)
  })
})
