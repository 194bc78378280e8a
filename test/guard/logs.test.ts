import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import type { RawClient } from '../live-server.js'
import { liveServer } from '../live-server.js'
import { leaks, plant, watchedLogger } from '../log-watch.js'
import { type Defer, ENGINES, suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import { files, read } from './source-tree.js'

const TOKEN = 'canary-token-7d1f0c3e5b9a'
const WRONG_TOKEN = 'canary-wrong-token-51c2e8'
const METADATA = 'canary metadata of a peer'
const PAYLOAD = 'canary payload of a message'
const CANDIDATE =
  'candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 10.0.0.17 rport 46154'
const SDP = `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na=${CANDIDATE}\r\na=ice-pwd:canary\r\n`

/** Everything a client may send that must not stand in a log, well formed or not. */
const messages = (to: string): readonly string[] => {
  const hot = ['offer', 'answer', 'candidate', 'signal', 'publish']
  const payloads = [{ type: 'offer', sdp: SDP }, { candidate: CANDIDATE }, PAYLOAD, [SDP]]
  const whole = hot.flatMap((type) =>
    payloads.flatMap((data) => [
      JSON.stringify({ type, room: 'a', to, data }),
      JSON.stringify({ type, room: 'elsewhere', to, data }),
      JSON.stringify({ type, room: 'a', to: PAYLOAD, data }),
      JSON.stringify({ type, room: SDP, to, data }),
    ]),
  )
  return [
    ...whole,
    ...whole.slice(0, 4).map((text) => text.slice(0, -1)),
    JSON.stringify({ type: SDP }),
    JSON.stringify({ type: 'update', room: 'a', data: METADATA }),
    JSON.stringify({ type: 'stats', room: 'a', data: PAYLOAD }),
    JSON.stringify({ type: 'publish', room: 'a', id: PAYLOAD, data: SDP }),
    JSON.stringify({ type: 'publish', room: 'a', data: 'x'.repeat(60_000) + PAYLOAD }),
  ]
}

/** Reads all that a client is sent, so that nothing waits for it. */
async function provoke(client: RawClient, to: string): Promise<void> {
  for (const message of messages(to)) client.send(message)
  await client.settled()
}

suite('guard/logs', (test) => {
  test('the watch finds what is planted, however it stands there, and forms that nobody planted', () => {
    plant('a text that was planted\r\n')
    for (const line of [
      '{"msg":"a text that was planted\\r\\n"}',
      `token ${Buffer.from('a text that was planted\r\n').toString('base64url')}`,
      JSON.stringify({ data: SDP }),
      CANDIDATE,
      'Sec-WebSocket-Protocol: signalbox.token.abc',
      'Authorization: Bearer abc',
    ]) {
      assert.ok(leaks(line).length > 0, line)
    }
    assert.equal(leaks('{"level":30,"code":"E_AUTH","msg":"listening"}'), [])
  })

  test('a test whose server has said too much fails', () => {
    const cleanUps: (() => unknown)[] = []
    const logger = watchedLogger((cleanUp) => void cleanUps.push(cleanUp))
    logger.trace({ sdp: SDP }, 'oops')
    assert.throws(() => cleanUps[0]?.(), /the server's log holds .*v=0/)
  })

  test('every server that the suite makes is watched, or makes no secret', () => {
    const makers = files().filter(
      (path) =>
        /^test\/(?!faults\/experiments)/.test(path) &&
        /createServer\(\s*\{[^)]*\},\s*\{[^)]*logger/.test(read(path)),
    )
    const unwatched = makers.filter(
      (path) => !read(path).includes('watchedLogger') && path !== 'test/core/server.test.ts',
    )
    assert.equal(unwatched, [])
  })
})

for (const engine of ENGINES) {
  suite(`guard/logs: in a server (${engine})`, (test) => {
    for (const [name, ice] of [
      ['as they come', {}],
      ['with rules for candidates', { relayOnly: true }],
    ] as const) {
      test(`no log, no audit log and no metric holds tokens, tickets, payloads or metadata: ${name}`, async (defer: Defer) => {
        for (const text of [TOKEN, WRONG_TOKEN, METADATA, PAYLOAD, SDP, CANDIDATE]) plant(text)
        const file = `${temporaryFolder(defer)}/audit.log`
        const live = await liveServer(defer, engine, {
          admin: { port: 0 },
          log: { level: 'trace' },
          plugins: {
            auth: [{ use: 'token', options: { tokens: [{ token: TOKEN, name: 'ada' }] } }],
            policy: [
              {
                use: 'rate-limit',
                options: { connection: { messages: [1, 150] }, patience: [1, 5], exempt: [] },
              },
              { use: 'ice', options: ice },
            ],
            observer: [{ use: 'metrics' }, { use: 'audit', options: { file } }],
          },
        })
        await live.dial({ token: WRONG_TOKEN }).closed
        await live.dial({ headers: { Authorization: `Bearer ${WRONG_TOKEN}` } }).closed
        await live.dial({ headers: { Origin: `https://${WRONG_TOKEN}.example` } }).refused
        const data = encodeURIComponent(JSON.stringify({ name: METADATA }))
        const [ada, bob] = [
          await live.client({ token: TOKEN, query: `room=a&data=${data}` }),
          await live.client({ token: TOKEN, query: 'room=a' }),
        ]
        await provoke(ada, bob.id)
        for (let i = 0; i < 400; i++) bob.send({ type: 'publish', room: 'a', data: PAYLOAD })
        await bob.closed
        const metrics = await (await fetch(`${live.adminUrl}/metrics`)).text()
        await live.server.stop()
        const log = readFileSync(file, 'utf8')
        assert.ok(log.includes('"E_FLOOD"') && log.includes('"E_AUTH"') && metrics.includes('E_NO_PEER'))
        assert.equal([...leaks(log), ...leaks(metrics)], [])
      })
    }
  })
}
