import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import * as assert from 'uvu/assert'
import { Authority, opensslMissing } from '../../certificates.js'
import { rawSocket, untilClosed } from '../../raw-http.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { comesTrue } from '../attacker.js'
import type { Check, Group, World } from '../check.js'

/** A server with TLS, whose files can be replaced. */
async function secure({ serve, defer }: World, mutual = false) {
  const authority = new Authority(defer)
  const folder = temporaryFolder(defer)
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const use = (cert: string, key: string) => {
    copyFileSync(cert, tls.cert)
    copyFileSync(key, tls.key)
  }
  const first = authority.issue('first')
  use(first.cert, first.key)
  const clientCa = mutual ? { clientCa: authority.cert } : {}
  const target = await serve({ page: true, listen: { port: 0, tls: { ...tls, ...clientCa } } })
  return { ...target, authority, use, ca: readFileSync(authority.cert) }
}

/** What a request over TLS is answered; empty when the handshake fails, or the answer never comes. */
function answer({ defer }: World, port: number, options: object, path = '/'): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options })
    defer(() => socket.destroy())
    socket.on('error', () => resolve(''))
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.once('secureConnect', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    )
  })
}

const checks: Check[] = [
  {
    holds: 'nothing is served without TLS on a port that has it',
    threat: 'what was meant to be encrypted is read on the way',
    async attack(world) {
      const { port, ca } = await secure(world)
      assert.match(await answer(world, port, { ca }), /^HTTP\/1\.1 200 /)
      const plain = await rawSocket(world.defer, port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      assert.not.match(await untilClosed(plain), /200 OK|Signalbox/)
    },
  },
  {
    holds: 'versions of TLS below 1.2 are refused',
    threat: 'a connection is talked down to a version that can be broken',
    async attack(world) {
      const { port, ca } = await secure(world)
      const old = { ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
      assert.is(await answer(world, port, old), '')
      assert.match(await answer(world, port, { ca }), /^HTTP\/1\.1 200 /)
    },
  },
  {
    holds: 'every answer over TLS carries Strict-Transport-Security',
    threat: 'a browser that was here before is led back without TLS',
    async attack(world) {
      const { port, ca } = await secure(world)
      for (const path of ['/', '/nothing', '/signal']) {
        assert.match(
          await answer(world, port, { ca }, path),
          /\r\nStrict-Transport-Security: max-age=31536000\r\n/,
          path,
        )
      }
    },
  },
  {
    holds: 'with client certificates, nobody comes in without one of the right authority',
    threat: 'who was to be kept out altogether gets as far as the tokens',
    async attack(world) {
      const { port, ca, authority } = await secure(world, true)
      const own = ({ cert, key }: { cert: string; key: string }) => ({
        ca,
        cert: readFileSync(cert),
        key: readFileSync(key),
      })
      assert.match(await answer(world, port, own(authority.issue('known'))), /^HTTP\/1\.1 200 /)
      assert.is(await answer(world, port, { ca }), '')
      assert.is(await answer(world, port, own(new Authority(world.defer).issue('stranger'))), '')
    },
  },
  {
    holds: 'a new certificate is served without a restart, and a broken pair never',
    threat: 'a certificate runs out because nobody restarted the server, or half a renewal takes it down',
    async attack(world) {
      const { port, ca, authority, use } = await secure(world)
      const name = () =>
        new Promise<string>((resolve) => {
          const socket = connect({ port, host: '127.0.0.1', ca })
          socket.on('error', ({ message }) => resolve(message))
          socket.once('secureConnect', () => {
            resolve(String(socket.getPeerCertificate().subject.CN))
            socket.destroy()
          })
        })
      use(authority.issue('half').cert, authority.issue('other').key)
      await new Promise((resolve) => setTimeout(resolve, 400))
      assert.is(await name(), 'first')
      const second = authority.issue('second')
      use(second.cert, second.key)
      assert.ok(await comesTrue(async () => (await name()) === 'second'))
    },
  },
]

export const tls: Group = {
  title: 'TLS',
  checks: checks.map((check) => ({ ...check, missing: opensslMissing })),
}
