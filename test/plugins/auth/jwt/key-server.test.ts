import { generateKeyPairSync } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import * as assert from 'uvu/assert'
import type { Principal } from '../../../../core/contracts/auth.js'
import jwt from '../../../../plugins/auth/jwt.js'
import { construct, FakeClock } from '../../../contract/index.js'
import { type Defer, suite } from '../../../suite.js'

const NOW = FakeClock.EPOCH / 1000
const first = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const second = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const jwk = (pair: typeof first, kid: string) => ({
  ...pair.publicKey.export({ format: 'jwk' }),
  kid,
  alg: 'ES256',
})
const signed = (pair: typeof first, kid: string, seconds = 3600): Promise<string> =>
  new SignJWT({ sub: 'alice', exp: NOW + seconds })
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(pair.privateKey)

/** A real key server on loopback, and a plugin that asks it. */
async function withKeyServer(defer: Defer, answer: RequestListener) {
  const asked = { times: 0 }
  const server = createServer((request, response) => {
    asked.times++
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  defer(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  const { port } = server.address() as AddressInfo
  const clock = new FakeClock()
  const auth = construct(jwt, { jwks: `http://127.0.0.1:${port}/keys` }, { clock })
  const verdict = async (token: string): Promise<string | undefined> => {
    try {
      return ((await auth.authenticate({ token, address: '127.0.0.1' })) as Principal).id
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  return { verdict, asked, clock, server }
}

suite('auth/jwt/key-server', (test) => {
  test('asks once for many tokens, and not again for keys that it does not know', async (defer) => {
    const { verdict, asked } = await withKeyServer(defer, (_request, response) => {
      response.end(JSON.stringify({ keys: [jwk(first, 'one')] }))
    })
    const token = await signed(first, 'one')
    assert.equal(await Promise.all([verdict(token), verdict(token)]), ['alice', 'alice'])
    assert.is(await verdict(token), 'alice')
    const unknown = await signed(second, 'two')
    assert.is(await verdict(unknown), 'E_AUTH')
    assert.is(await verdict(unknown), 'E_AUTH')
    assert.is(await verdict(await signed(second, 'one')), 'E_AUTH', 'a known key id, another key')
    assert.is(asked.times, 1)
  })

  test('asks the client to come back while the server is out of order', async (defer) => {
    let broken = true
    const { verdict, asked, clock } = await withKeyServer(defer, (_request, response) => {
      if (broken) response.statusCode = 500
      response.end(JSON.stringify({ keys: [jwk(first, 'one')] }))
    })
    const token = await signed(first, 'one')
    assert.is(await verdict(token), 'E_TIMEOUT')
    assert.is(await verdict(token), 'E_TIMEOUT')
    assert.is(asked.times, 1, 'a server in trouble is left alone for a moment')
    broken = false
    clock.advance(1000)
    assert.is(await verdict(token), 'alice')
  })

  test('tells nonsense from keys', async (defer) => {
    const answers = ['<html>', '[]', '{"keys":{}}', '']
    const { verdict, asked, clock } = await withKeyServer(defer, (_request, response) => {
      response.end(answers[asked.times - 1])
    })
    const token = await signed(first, 'one')
    for (const answer of answers) {
      assert.is(await verdict(token), 'E_TIMEOUT', answer)
      clock.advance(1000)
    }
  })

  test('gives up on a server that never answers', async (defer) => {
    const { verdict } = await withKeyServer(defer, () => {})
    const startedAt = performance.now()
    assert.is(await verdict(await signed(first, 'one')), 'E_TIMEOUT')
    assert.ok(performance.now() - startedAt < 6000)
  })

  test('a rotated key is found, and a withdrawn one is forgotten, without asking all the time', async (defer) => {
    let keys = [jwk(first, 'one')]
    const { verdict, asked, clock } = await withKeyServer(defer, (_request, response) => {
      response.end(JSON.stringify({ keys }))
    })
    const [old, fresh] = [await signed(first, 'one'), await signed(second, 'two')]
    assert.is(await verdict(old), 'alice')
    keys = [jwk(second, 'two')]
    clock.advance(29_999)
    assert.is(await verdict(fresh), 'E_AUTH', 'asked a moment ago')
    assert.is(asked.times, 1)
    clock.advance(1)
    assert.equal(await Promise.all([verdict(fresh), verdict(fresh)]), ['alice', 'alice'])
    assert.is(asked.times, 2)
    assert.is(await verdict(old), 'E_AUTH', 'withdrawn')
    assert.is(asked.times, 2)
    for (let i = 0; i < 100; i++) {
      clock.advance(1000)
      await verdict(await signed(first, `guess ${i}`))
    }
    assert.is(asked.times, 5, '100 guesses in 100 seconds: once in 30 seconds')
  })

  test('a key that was withdrawn stops to be good within ten minutes, also if nobody presents another', async (defer) => {
    let keys = [jwk(first, 'one')]
    const { verdict, clock } = await withKeyServer(defer, (_request, response) => {
      response.end(JSON.stringify({ keys }))
    })
    const token = await signed(first, 'one')
    assert.is(await verdict(token), 'alice')
    keys = [jwk(second, 'two')]
    clock.advance(599_999)
    assert.is(await verdict(token), 'alice')
    clock.advance(1)
    assert.is(await verdict(token), 'E_AUTH')
  })

  test('an answer without end, or one that sends us elsewhere, is none', async (defer) => {
    let answer: RequestListener = (_request, response) => {
      response.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end()
    }
    const { verdict, clock } = await withKeyServer(defer, (request, response) => answer(request, response))
    const token = await signed(first, 'one')
    assert.is(await verdict(token), 'E_TIMEOUT')
    clock.advance(1000)
    answer = (_request, response) => {
      const more = () => {
        while (response.write(' '.repeat(16_384))) if (response.destroyed) return
      }
      response.on('drain', more)
      response.on('error', () => {})
      more()
    }
    assert.is(await verdict(token), 'E_TIMEOUT')
    clock.advance(1000)
    answer = (_request, response) => response.end(JSON.stringify({ keys: [jwk(first, 'one')] }))
    assert.is(await verdict(token), 'alice')
  })

  test('knows cached keys while the server is away', async (defer) => {
    const { verdict, server, clock } = await withKeyServer(defer, (_request, response) => {
      response.end(JSON.stringify({ keys: [jwk(first, 'one')] }))
    })
    assert.is(await verdict(await signed(first, 'one')), 'alice')
    server.closeAllConnections()
    server.close()
    assert.is(await verdict(await signed(first, 'one')), 'alice')
    clock.advance(3_599_999)
    const late = await signed(first, 'one', 7200)
    assert.is(await verdict(late), 'alice', 'for an hour')
    clock.advance(1)
    assert.is(await verdict(late), 'E_TIMEOUT')
  })
})
