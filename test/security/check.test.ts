import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { WebSocketServer } from 'ws'
import { RawClient } from '../live-server.js'
import { suite } from '../suite.js'
import { CHECKS, GROUPS } from './checks.js'
import { type Serve, tryCheck } from './world.js'

/** A server without a lock: takes everybody, says what it is told to, and knows no limit. */
const naive: Serve = async ({ defer }) => {
  const http = createServer((_request, response) => {
    response.setHeader('Server', 'naive/1.0')
    response.end('<script>hello</script>')
  })
  const sockets = new WebSocketServer({ server: http, handleProtocols: (offered) => [...offered][0]! })
  sockets.on('connection', (socket) => {
    socket.on('error', () => {})
    const session = { ticket: 'x', windowMs: 0, resumed: true, lastId: 0 }
    const welcome = { peer: 'you', session, pingMs: 1000, limits: { messageBytes: 1e9 }, iceServers: [] }
    socket.send(JSON.stringify({ type: 'welcome', ...welcome }))
    socket.send(JSON.stringify({ type: 'joined', room: 'a', peers: [] }))
    socket.send(JSON.stringify({ type: 'peer-joined', room: 'a', peer: { id: 'you' } }))
    socket.on('message', (text) => {
      if (isJson(text.toString())) for (const one of sockets.clients) one.send(text.toString())
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  defer(() => {
    for (const one of sockets.clients) one.terminate()
    http.closeAllConnections()
    http.close()
  })
  const url = `http://127.0.0.1:${port}`
  const dial: Awaited<ReturnType<Serve>>['dial'] = (options = {}) => {
    const client = new RawClient(url, options)
    defer(() => client.socket.terminate())
    return client
  }
  const client: Awaited<ReturnType<Serve>>['client'] = async (options) => {
    const one = dial(options)
    await one.next('welcome')
    return one
  }
  return { url, adminUrl: url, port, dial, client }
}

function isJson(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined
  } catch {
    return false
  }
}

/** What doesn't ask a server, or what even the naive one gets right, since Node or ws does it for everybody. */
const NOT_SHAKEN: readonly RegExp[] = [
  /^a secret that could be guessed/,
  /^beyond loopback/,
  /^a request whose length/,
  /^a request line and headers/,
  /^an upgrade to anything but/,
  /^an unmasked frame/,
  /^reserved bits/,
  /^broken fragments/,
  /^text that isn’t UTF-8/,
  /^compression is never/,
  /^who floods pings/,
  /^a fingerprint that is swapped/,
  /^what is repeated/,
  /^what is dropped/,
  /^with identities/,
]

suite('security: the checks themselves', (test) => {
  test('are many, each with a threat of its own', () => {
    assert.ok(CHECKS.length >= 30)
    assert.is(new Set(CHECKS.map(({ holds }) => holds)).size, CHECKS.length)
    assert.is(new Set(CHECKS.map(({ threat }) => threat)).size, CHECKS.length)
    for (const { checks } of GROUPS) assert.ok(checks.length > 0)
    for (const { holds, threat } of CHECKS)
      for (const text of [holds, threat]) assert.not.match(text, /\.$|\||\n/)
  })

  test('fail where there is no lock', async () => {
    const tried = CHECKS.filter(
      ({ holds, missing }) => !missing && !NOT_SHAKEN.some((one) => one.test(holds)),
    )
    assert.ok(tried.length >= 40)
    const outcomes = await Promise.all(tried.map((check) => tryCheck(check, 'js', naive, 3000)))
    assert.equal(
      tried.filter((_, i) => outcomes[i] === undefined).map(({ holds }) => holds),
      [],
    )
  }, 60_000)
})
