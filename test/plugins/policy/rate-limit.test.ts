import * as assert from 'uvu/assert'
import type { Ban, BanList } from '../../../core/access/bans.js'
import type { Principal } from '../../../core/contracts/auth.js'
import type { MessageContext } from '../../../core/contracts/policy.js'
import { SignalError } from '../../../core/errors.js'
import rateLimit from '../../../plugins/policy/rate-limit.js'
import { construct, policyContract } from '../../contract/index.js'
import { liveServer } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

const ADA: Principal = { id: 'ada', grants: {} }
const OFF = { messages: false, bytes: false, joins: false }
const ADDRESS = '192.0.2.7'

/** The policy with nothing limited but what `options` say, and its hooks with a peer in it. */
function setUp(options: object = {}) {
  const banned: Ban[] = []
  const bans: BanList = { ban: (ban) => banned.push(ban), leftMs: () => 0, lift() {} }
  const all = {
    connection: OFF,
    user: { ...OFF, connects: false },
    address: { ...OFF, connects: false },
    room: OFF,
    ...options,
  }
  const policy = construct(rateLimit, all, { bans })
  const connect = (slot: number, principal = ADA, address = ADDRESS, now = 0) =>
    codeOf(() => policy.onConnect!({ principal, peer: 'p', slot, address, now, iceServers: [] }))
  const message = (slot: number, more: Partial<MessageContext> = {}) =>
    codeOf(() => policy.onMessage!({ ...MESSAGE, slot, ...more }))
  const join = (slot: number, members = 0, roomNumber = -1, now = 0) =>
    codeOf(() => policy.onJoin!({ principal: ADA, peer: 'p', slot, room: 'a', roomNumber, members, now }))
  const attempt = (address = ADDRESS, now = 0) =>
    codeOf(() => policy.onAttempt!({ address, resumes: false, now }))
  return { policy, banned, connect, message, join, attempt }
}

const MESSAGE: MessageContext = {
  principal: ADA,
  peer: 'p',
  slot: 0,
  kind: 'publish',
  room: 'a',
  roomNumber: 0,
  lengthBytes: 100,
  recipients: 1,
  now: 0,
}

/** The code of the refusal, `ok` when there is none. */
function codeOf(ask: () => unknown): string {
  try {
    ask()
  } catch (error) {
    if (error instanceof SignalError) return error.code
    throw error
  }
  return 'ok'
}

/** How often something passes before it is refused, up to 10,000. */
function passing(ask: () => string): number {
  for (let passed = 0; passed < 10_000; passed++) if (ask() !== 'ok') return passed
  return 10_000
}

suite('policy/rate-limit', (test) => {
  for (const { name, run } of policyContract({
    make: () => construct(rateLimit, { connection: { messages: [1, 1] } }),
  }))
    test(name, run)

  test('limits messages and bytes of a connection, and says when to go on', () => {
    const { policy, connect, message } = setUp({
      connection: { ...OFF, messages: [10, 5], bytes: [1000, 10_000] },
    })
    connect(0)
    connect(1)
    assert.is(
      passing(() => message(0)),
      5,
    )
    assert.is(
      passing(() => message(1, { lengthBytes: 4000 })),
      2,
    )
    try {
      policy.onMessage!({ ...MESSAGE, slot: 0 })
      assert.unreachable()
    } catch (error) {
      const { code, retryAfterMs, message: text } = error as SignalError
      assert.equal([code, retryAfterMs], ['E_RATE', 100])
      assert.match(text, 'too many messages; wait 100 ms')
    }
    assert.is(message(0, { now: 100.1 }), 'ok')
  })

  test('a user is limited over all connections, unless many share the name', () => {
    const { connect, message } = setUp({ user: { ...OFF, connects: [1, 3], messages: [1, 10] } })
    assert.is(
      passing(() => connect(0)),
      3,
    )
    const { connect: let_, message: say } = setUp({ user: { ...OFF, connects: [1, 3], messages: [1, 10] } })
    let_(0)
    let_(1)
    assert.is(passing(() => say(0)) + passing(() => say(1)), 10)
    const shared = { ...ADA, shared: true }
    assert.is(
      passing(() => connect(2, shared)),
      10_000,
    )
    connect(2, shared)
    assert.is(
      passing(() => message(2)),
      10_000,
    )
  })

  test('an address is limited, before auth too; a /64 is one address, loopback none', () => {
    const address = { ...OFF, connects: [1, 4], messages: [1, 10], connections: 100 }
    const { attempt, connect, message } = setUp({ address })
    assert.is(
      passing(() => attempt('2001:db8::1')),
      4,
    )
    assert.is(attempt('2001:db8::2'), 'E_RATE')
    assert.is(attempt('2001:db8:0:1::1'), 'ok')
    for (const own of ['127.0.0.1', '::ffff:127.0.0.1', '::1'])
      assert.is(
        passing(() => attempt(own)),
        10_000,
      )
    connect(0, { id: 'ada', grants: {} })
    connect(1, { id: 'bob', grants: {} })
    connect(2, { id: 'eve', grants: {} }, '127.0.0.1')
    assert.is(passing(() => message(0)) + passing(() => message(1)), 10)
    assert.is(
      passing(() => message(2)),
      10_000,
    )
  })

  test('only so many connections at a time from an address', () => {
    const { policy, attempt, connect } = setUp({ address: { ...OFF, connects: false, connections: 2 } })
    for (const slot of [0, 1]) {
      assert.is(attempt(), 'ok')
      connect(slot)
    }
    assert.is(attempt(), 'E_RATE')
    assert.is(attempt('192.0.2.8'), 'ok')
    policy.onDisconnect!(0)
    assert.is(attempt(), 'ok')
    policy.onDisconnect!(0)
    connect(0)
    assert.is(attempt(), 'E_RATE', 'a goodbye counts once')
  })

  test('a room is limited by what it is sent, for each recipient', () => {
    const { connect, message, join } = setUp({
      room: { messages: [10, 100], bytes: [1, 40_000], joins: [1, 7] },
    })
    connect(0)
    connect(1)
    assert.is(
      passing(() => message(0, { recipients: 30, lengthBytes: 1 })),
      3,
    )
    assert.is(message(1, { recipients: 30 }), 'E_RATE', 'the room has had enough, whoever sends')
    assert.is(message(1, { roomNumber: 1 }), 'ok')
    assert.is(
      passing(() => message(0, { roomNumber: 2, recipients: 10, lengthBytes: 1000 })),
      4,
    )
    assert.is(
      passing(() => join(0, 3, 3)),
      7,
    )
    assert.is(
      passing(() => join(0, 0, -1)),
      10_000,
      'a room that is new',
    )
  })

  test('what fans out costs more, of messages and of joins', () => {
    const options = { connection: { ...OFF, messages: [1, 100], joins: [1, 100] }, fanOutCost: 0.5 }
    const publishes = (recipients: number) => {
      const { connect, message } = setUp(options)
      connect(0)
      return passing(() => message(0, { recipients }))
    }
    assert.equal([publishes(0), publishes(1), publishes(3), publishes(199)], [100, 100, 50, 1])
    const { connect, join } = setUp(options)
    connect(0)
    assert.is(
      passing(() => join(0, 18)),
      10,
    )
  })

  test('refusals of others cost a message each; after patience comes the end', () => {
    const { policy, connect, message } = setUp({
      connection: { ...OFF, messages: [1, 50] },
      patience: [1, 20],
    })
    connect(0)
    const refused = (code: 'E_JSON' | 'E_RATE') =>
      codeOf(() => policy.onRefused!({ code, address: ADDRESS, slot: 0, now: 0 }))
    assert.is(
      passing(() => refused('E_RATE')),
      10_000,
      'our own is counted already',
    )
    assert.is(
      passing(() => refused('E_JSON')),
      70,
    )
    assert.is(refused('E_JSON'), 'E_FLOOD')
    assert.is(message(0), 'E_FLOOD')
    connect(0)
    assert.is(message(0), 'ok', 'the slot has a new owner')
  })

  test('wait, then close, then a ban of the user and of the address', () => {
    const options = {
      connection: { ...OFF, messages: [1, 10] },
      patience: [1, 5],
      closes: [0.01, 3],
      banSeconds: 90,
    }
    for (const [principal, address, expected] of [
      [ADA, ADDRESS, [{ kind: 'principal', name: 'ada' }]],
      [{ ...ADA, shared: true }, '2001:db8::1', [{ kind: 'address', name: '2001:db8:0:0::/64' }]],
      [{ ...ADA, shared: true }, '127.0.0.1', []],
    ] as const) {
      const { banned, connect, message } = setUp(options)
      const ends = Array.from({ length: 4 }, (_, slot) => {
        connect(slot, principal, address)
        assert.is(
          passing(() => message(slot)),
          10,
        )
        for (let refusals = 1; refusals < 5; refusals++) assert.is(message(slot), 'E_RATE')
        return message(slot)
      })
      assert.equal(ends, ['E_FLOOD', 'E_FLOOD', 'E_FLOOD', expected.length > 0 ? 'E_BANNED' : 'E_FLOOD'])
      const seen = banned.slice(0, 1).map(({ kind, name }) => ({ kind, name }))
      assert.equal(seen, expected)
      for (const { forMs, why } of banned) {
        assert.is(forMs, 90_000)
        assert.match(why, /^rate-limit: too many messages/)
      }
    }
  })

  test('an address that goes on knocking is banned', () => {
    const { attempt, banned } = setUp({ address: { ...OFF, connects: [1, 5] }, closes: [0.01, 3] })
    assert.is(
      passing(() => attempt()),
      5,
    )
    let knocks = 0
    while (attempt() === 'E_RATE') knocks++
    assert.ok(knocks > 200 && knocks < 400, `${knocks}`)
    assert.equal([banned[0]!.kind, banned[0]!.name], ['address', ADDRESS])
  })

  test('who comes back finds the bucket as it was left', () => {
    const { policy, connect, message } = setUp({ user: { ...OFF, connects: false, messages: [1, 10] } })
    connect(0)
    passing(() => message(0))
    policy.onDisconnect!(0)
    connect(0)
    assert.is(message(0), 'E_RATE')
  })

  test('does not start with networks that are none', () => {
    assert.throws(() => construct(rateLimit, { exempt: ['10.0.0.0/99'] }), /^exempt\[0\]: must be/)
    assert.throws(() => construct(rateLimit, { connection: { messages: [1] } }), /connection\.messages/)
    assert.throws(() => construct(rateLimit, { connection: { messages: [0, 5] } }), /connection\.messages/)
  })
})

suite('policy/rate-limit: by default', (test) => {
  /** A peer with the default limits, from an address that isn't exempt. */
  function peer() {
    const policy = construct(rateLimit)
    const context = { principal: ADA, peer: 'p', slot: 0, address: ADDRESS, now: 0, iceServers: [] }
    policy.onConnect!(context)
    return policy
  }

  test('a join burst, a trickle storm and ten people who negotiate anew pass at once', () => {
    const policy = peer()
    for (let i = 0; i < 16; i++) {
      policy.onJoin!({ principal: ADA, peer: 'p', slot: 0, room: 'a', roomNumber: i, members: 50, now: 0 })
    }
    for (let other = 0; other < 50; other++) {
      for (let i = 0; i < 50; i++) policy.onMessage!({ ...MESSAGE, kind: 'candidate', lengthBytes: 350 })
    }
    for (let round = 0; round < 10; round++) {
      for (let other = 0; other < 9; other++) {
        policy.onMessage!({ ...MESSAGE, kind: 'offer', lengthBytes: 8000 })
        for (let i = 0; i < 20; i++) policy.onMessage!({ ...MESSAGE, kind: 'candidate', lengthBytes: 350 })
      }
    }
  })

  test('sixty cursor positions a second to a hundred people, for an hour', () => {
    const policy = peer()
    for (let i = 0; i < 60 * 3600; i++) {
      policy.onMessage!({ ...MESSAGE, recipients: 100, lengthBytes: 150, now: i * (1000 / 60) })
    }
  })

  test('an office of a thousand that comes back at once', () => {
    const policy = construct(rateLimit)
    for (let slot = 0; slot < 1000; slot++) {
      policy.onAttempt!({ address: ADDRESS, resumes: false, now: 0 })
      const principal = { id: `user-${slot}`, grants: {} }
      policy.onConnect!({ principal, peer: 'p', slot, address: ADDRESS, now: 0, iceServers: [] })
      policy.onJoin!({ principal, peer: 'p', slot, room: 'a', roomNumber: slot >> 3, members: 8, now: 0 })
      for (let i = 0; i < 100; i++) policy.onMessage!({ ...MESSAGE, slot, roomNumber: slot >> 3 })
    }
  })
})

for (const engine of ENGINES) {
  suite(`policy/rate-limit: in a server (${engine})`, (test) => {
    const policy = (options: object) => ({ plugins: { policy: [{ use: 'rate-limit', options }] } })

    test('too much is refused, then closed, and the others lose nothing', async (defer) => {
      const live = await liveServer(
        defer,
        engine,
        policy({ connection: { messages: [0.1, 10] }, patience: [0.1, 5], closes: [0.01, 2] }),
      )
      const [ada, bob] = [await live.client({ query: 'room=a' }), await live.client()]
      await bob.join('a')
      for (let i = 0; i < 10; i++) ada.send({ type: 'publish', room: 'a', data: i })
      ada.send({ type: 'publish', id: 1, room: 'a', data: 'too much' })
      const { id, code, retryAfterMs } = await ada.next('error')
      assert.equal([id, code], [1, 'E_RATE'])
      assert.ok(retryAfterMs > 0 && retryAfterMs <= 10_010, `${retryAfterMs}`)
      for (let i = 0; i < 5; i++) ada.send({ type: 'stats', room: 'a', data: i })
      assert.is((await ada.closed).code, 4007)
      for (let i = 0; i < 10; i++) assert.is((await bob.next('publish')).data, i)
      assert.is((await bob.next('peer-left')).peer.id, ada.id)
      bob.send({ type: 'signal', room: 'a', to: bob.id, data: 'still here' })
      assert.is((await bob.next('error')).code, 'E_NO_PEER')
    })

    test('a malformed burst ends too, and so do duplicates', async (defer) => {
      const live = await liveServer(
        defer,
        engine,
        policy({ connection: { messages: [1, 10] }, patience: [1, 5] }),
      )
      const ada = await live.client()
      for (let i = 0; i < 30; i++) ada.send('{')
      assert.is((await ada.closed).code, 4007)
      const bob = await live.client()
      for (let i = 0; i < 30; i++) bob.send({ type: 'stats', id: 1, room: 'a', data: 1 })
      assert.is((await bob.closed).code, 4007)
    })

    test('an address that knocks too often gets 429, then nothing else for a while', async (defer) => {
      const live = await liveServer(
        defer,
        engine,
        policy({ exempt: [], address: { connects: [0.1, 2] }, closes: [0.001, 0.01] }),
      )
      for (let i = 0; i < 2; i++) await live.client()
      const { status, body } = await live.dial().refused
      assert.equal([status, JSON.parse(body).code], [429, 'E_RATE'])
      for (const code of ['E_BANNED', 'E_BANNED']) {
        assert.is(JSON.parse((await live.dial().refused).body).code, code)
      }
    })
  })
}
