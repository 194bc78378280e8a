/** The call page and the client's bundles, as the build left them; read once, served from memory. */

import { readFileSync } from 'node:fs'
import type { FrontDoor } from '../contracts/transport.js'
import { SAFE_HEADERS } from './http-answer.js'

/** Nothing is loaded, called or framed but what is named here (CSP 3); `'self'` covers ws and wss of the own host. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const PAGES = [
  { path: '/', file: 'page/index.html', type: 'text/html; charset=utf-8' },
  { path: '/app.js', file: 'page/app.js', type: 'text/javascript; charset=utf-8' },
  { path: '/style.css', file: 'page/style.css', type: 'text/css; charset=utf-8' },
  { path: '/signalbox.js', file: 'signalbox.js', type: 'text/javascript; charset=utf-8' },
  { path: '/signalbox-seal.mjs', file: 'signalbox-seal.mjs', type: 'text/javascript; charset=utf-8' },
  { path: '/signalbox.mjs', file: 'signalbox.mjs', type: 'text/javascript; charset=utf-8' },
] as const

const folder = new URL('../../client/', import.meta.url)

/** Mounts them. Throws when the build left none. */
export function mountPages(door: FrontDoor): void {
  for (const { path, file, type } of PAGES) {
    const body = readFileSync(new URL(file, folder))
    door.mountPath(path, (_request, response) => {
      response.writeHead(200, {
        ...SAFE_HEADERS,
        'Content-Type': type,
        'Content-Length': body.length,
        'Content-Security-Policy': CONTENT_SECURITY_POLICY,
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Permissions-Policy': 'camera=(self), microphone=(self), display-capture=(self), geolocation=()',
        'Cache-Control': 'no-cache',
      })
      response.end(body)
    })
  }
}
