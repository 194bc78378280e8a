import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import type { HubEvent } from '../../../core/contracts/observer.js'
import audit from '../../../plugins/observer/audit.js'
import { construct, observerContract } from '../../contract/index.js'
import { liveServer } from '../../live-server.js'
import { type Defer, ENGINES, suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

const linesOf = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** What is written for these events. */
async function written(defer: Defer, ...events: HubEvent[]): Promise<Record<string, unknown>[]> {
  const file = `${temporaryFolder(defer)}/audit.log`
  const observer = construct(audit, { file })
  await observer.start?.()
  for (const event of events) observer.observe?.(event)
  await observer.stop?.()
  return linesOf(file)
}

suite('observer/audit', (test) => {
  let folder = ''
  for (const { name, run } of observerContract({
    make: () => construct(audit, { file: `${folder}/audit.log`, maxBytes: 1024, keep: 1 }),
  })) {
    test(name, async (defer) => {
      folder = temporaryFolder(defer)
      await run()
    })
  }

  test('one line an event: when, what, who, where, why', async (defer) => {
    const who = { peer: 'AAAAAAAAAAAAAAAA', principal: 'ada' }
    const address = '192.0.2.7'
    const time = '2030-01-01T00:00:00.000Z'
    const lines = await written(
      defer,
      { type: 'connected', ...who, address },
      { type: 'joined', ...who, room: '"\n\0' },
      { type: 'refused', code: 'E_RATE', peer: who.peer, address },
      { type: 'banned', kind: 'principal', name: 'ada', forMs: 60_000, why: 'too much' },
      { type: 'disconnected', ...who, code: 4505 },
      { type: 'disconnected', ...who, code: 1000 },
    )
    assert.equal(lines, [
      { time, event: 'connected', ...who, address },
      { time, event: 'joined', ...who, room: '"\n\0' },
      { time, event: 'refused', peer: who.peer, address, code: 'E_RATE' },
      { time, event: 'banned', kind: 'principal', name: 'ada', forMs: 60_000, why: 'too much' },
      { time, event: 'disconnected', ...who, code: 4505, why: 'E_BANNED' },
      { time, event: 'disconnected', ...who, code: 1000 },
    ])
  })

  test('writes fields that it knows, cut short, and nothing else of an event', async (defer) => {
    const event = {
      type: 'joined',
      peer: 'p',
      principal: 'x'.repeat(5000),
      room: 'a',
      data: 'secret',
      sdp: 'v=0',
    }
    const [line] = await written(defer, event as HubEvent, {
      type: 'stats',
      peer: 'p',
      room: 'a',
      data: 'secret',
    })
    assert.equal(Object.keys(line!), ['time', 'event', 'peer', 'principal', 'room'])
    assert.is((line!.principal as string).length, 256)
  })

  test('does not start where it can not write, and says so', async (defer) => {
    assert.throws(() => construct(audit, { file: 'audit.log' }), /^file: must be an absolute path/)
    const observer = construct(audit, { file: `${temporaryFolder(defer)}/missing/audit.log` })
    try {
      await observer.start?.()
      assert.unreachable()
    } catch (error) {
      assert.match((error as Error).message, /ENOENT.*missing/)
    }
    await observer.stop?.()
  })
})

for (const engine of ENGINES) {
  suite(`observer/audit: in a server (${engine})`, (test) => {
    test('who joined, who was refused, who was ended, and why', async (defer) => {
      const file = `${temporaryFolder(defer)}/audit.log`
      const token = 'a-token-of-a-kiosk-0001'
      const live = await liveServer(defer, engine, {
        plugins: {
          auth: [{ use: 'token', options: { tokens: [{ token, name: 'ada', grants: { rooms: ['a'] } }] } }],
          policy: [
            { use: 'rate-limit', options: { connection: { messages: [0.01, 1] }, patience: [0.01, 2] } },
          ],
          observer: [{ use: 'audit', options: { file } }],
        },
      })
      await live.dial({ token: 'wrong'.repeat(5) }).closed
      const ada = await live.client({ token, query: 'room=a' })
      ada.send({ type: 'join', room: 'b' })
      for (let i = 0; i < 5; i++) ada.send({ type: 'publish', room: 'a', data: 'v=0' })
      await ada.closed
      await live.server.stop()
      const told = linesOf(file).map(({ event, principal, room, code, why }) => [
        event,
        principal,
        room,
        code,
        why,
      ])
      assert.equal(told.slice(0, 4), [
        ['refused', undefined, undefined, 'E_AUTH', undefined],
        ['connected', 'ada', undefined, undefined, undefined],
        ['joined', 'ada', 'a', undefined, undefined],
        ['refused', undefined, undefined, 'E_FORBIDDEN', undefined],
      ])
      assert.equal(told.at(-1), ['disconnected', 'ada', undefined, 4007, 'E_FLOOD'])
    })
  })
}
