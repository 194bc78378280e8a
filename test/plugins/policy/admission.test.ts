import * as assert from 'uvu/assert'
import type { JoinContext, MessageContext, MessageKindName } from '../../../core/contracts/policy.js'
import { SignalError } from '../../../core/errors.js'
import { PROBE_MS } from '../../../plugins/policy/admission/loop-turns.js'
import admission from '../../../plugins/policy/admission.js'
import { capturedLogger } from '../../captured-logger.js'
import { construct, FakeClock, policyContract } from '../../contract/index.js'
import { type ClientOptions, type LiveServer, liveServer, until } from '../../live-server.js'
import { type Defer, ENGINES, suite } from '../../suite.js'

const MIB = 1024 * 1024
const PERIOD_MS = 100
const QUIET = 0.1
const immediate = () => new Promise((resolve) => setImmediate(resolve))

const MESSAGE: MessageContext = {
  principal: { id: 'ada', grants: {} },
  peer: 'p',
  slot: 0,
  kind: 'publish',
  room: 'a',
  roomNumber: 0,
  lengthBytes: 100,
  recipients: 1,
  now: 0,
}
const JOIN: JoinContext = {
  principal: MESSAGE.principal,
  peer: 'p',
  slot: 0,
  room: 'a',
  roomNumber: -1,
  members: 0,
  now: 0,
}

/** The policy, and a loop whose turns take as long as is said. */
async function setUp(defer: Defer, options: object = {}) {
  const clock = new FakeClock()
  const { logger, lines } = capturedLogger()
  let queuedBytes = 0
  const hubStats = new Proxy({} as never, {
    get: (_target, name) => (name === 'queuedBytes' ? queuedBytes : undefined),
  })
  const policy = construct(admission, options, { clock, logger, hubStats })
  defer(() => policy.stop?.())
  await policy.start?.()
  /** For so long, turns take so much; `meanwhile` is what comes in each. */
  const turnsOf = async (ms: number, forMs: number, meanwhile: () => unknown = () => {}) => {
    for (const end = clock.monotonic() + forMs; clock.monotonic() < end; ) {
      clock.advance(PROBE_MS)
      await immediate()
      meanwhile()
      clock.advance(ms)
      await immediate()
    }
  }
  const codeOf = (ask: () => unknown): string => {
    try {
      ask()
    } catch (error) {
      assert.instance(error, SignalError)
      return (error as SignalError).code
    }
    return 'ok'
  }
  const come = (resumes = false) =>
    codeOf(() => policy.onAttempt!({ address: '192.0.2.7', resumes, now: clock.monotonic() }))
  const count = (how: () => string, times = 1000) => {
    const counts: Record<string, number> = {}
    for (let i = 0; i < times; i++) {
      const what = how()
      counts[what] = (counts[what] ?? 0) + 1
    }
    return counts
  }
  return {
    policy,
    clock,
    lines,
    turnsOf,
    come,
    count,
    join: () => codeOf(() => policy.onJoin!({ ...JOIN, now: clock.monotonic() })),
    say: (kind: MessageKindName, recipients = 1) =>
      codeOf(() => policy.onMessage!({ ...MESSAGE, kind, recipients, now: clock.monotonic() })),
    figure: (name: string) => policy.figures!()[`admission_${name}`],
    queue(bytes: number) {
      queuedBytes = bytes
    },
  }
}

const SIGNALS = ['offer', 'answer', 'candidate', 'signal'] as const
const OTHERS = ['leave', 'ack', 'auth', 'moderate'] as const

suite('policy/admission', (test) => {
  for (const { name, run } of policyContract({ make: () => construct(admission) })) test(name, run)

  test('as long as turns are short everything passes', async (defer) => {
    const { come, count, join, say, figure, turnsOf } = await setUp(defer)
    await turnsOf(QUIET, 500)
    assert.equal(count(come), { ok: 1000 })
    assert.equal(count(join), { ok: 1000 })
    assert.equal(
      count(() => say('publish', 10_000)),
      { ok: 1000 },
    )
    assert.equal([figure('level'), figure('shed_connections')], [0, 0])
  })

  test('turns that take too long: newcomers are sent away, whoever comes back is not', async (defer) => {
    const { come, count, join, say, turnsOf, figure } = await setUp(defer)
    await turnsOf(3, 10_000, come)
    assert.is(figure('limit_connections'), 10)
    count(come)
    assert.is(come(), 'E_BUSY')
    assert.is(come(true), 'ok')
    assert.equal([count(join), count(() => say('publish', 100))], [{ ok: 1000 }, { ok: 1000 }])
    await turnsOf(QUIET, 3000)
    assert.equal(count(come), { ok: 1000 })
  })

  test('refusals say when to come back, and not the same to all', async (defer) => {
    const { policy, turnsOf, count, come, clock } = await setUp(defer)
    await turnsOf(40, 5000, come)
    count(come)
    const waits = new Set<number | undefined>()
    for (let i = 0; i < 10; i++) {
      try {
        policy.onAttempt!({ address: '192.0.2.7', resumes: false, now: clock.monotonic() })
        throw new Error('it should have been refused')
      } catch (error) {
        const { code, retryAfterMs, message } = error as SignalError
        assert.equal([code, message], ['E_BUSY', 'the server is busy and takes nobody new just now'])
        waits.add(retryAfterMs)
      }
    }
    assert.equal([...waits].sort(), [1000, 2000, 3000, 4000, 5000])
  })

  test('the order: newcomers, joins, messages to rooms; calls and what costs nothing never', async (defer) => {
    const { count, come, join, say, turnsOf } = await setUp(defer)
    const everything = () => {
      const others = [...SIGNALS, ...OTHERS].find((kind) => say(kind) !== 'ok') ?? 'ok'
      return [come(), join(), say('publish', 100), say('update', 100), say('stats', 0), others]
    }
    const passing = async (turnMs: number) => {
      await turnsOf(turnMs, 10_000, everything)
      count(() => everything().join(), 100)
      return everything().map((code) => code === 'ok')
    }
    assert.equal(await passing(QUIET), [true, true, true, true, true, true])
    assert.equal(await passing(3), [false, true, true, true, true, true])
    assert.equal(await passing(6), [false, false, true, true, true, true])
    assert.equal(await passing(100), [false, false, false, false, false, true])
    await turnsOf(QUIET, 5000)
    assert.equal(await passing(QUIET), [true, true, true, true, true, true])
  })

  test('one long turn changes nothing: a collection of garbage is no overload', async (defer) => {
    const { come, count, join, say, turnsOf } = await setUp(defer)
    await turnsOf(QUIET, 500)
    await turnsOf(1000, 1)
    await turnsOf(QUIET, 200)
    await immediate()
    assert.equal(count(come, 30), { ok: 30 })
    assert.equal([count(join), count(() => say('publish', 100))], [{ ok: 1000 }, { ok: 1000 }])
  })

  test('queues that are full: each kind at its own mark, and again only well below it', async (defer) => {
    const bound = 10 * MIB
    const { come, join, say, turnsOf, queue } = await setUp(defer, { queuedBytes: bound })
    const outcomes = async (share: number) => {
      queue(bound * share)
      await turnsOf(QUIET, 20 * PERIOD_MS)
      return [come(), join(), say('publish'), say('offer'), say('leave')].map((code) => code === 'ok')
    }
    assert.equal(await outcomes(0.79), [true, true, true, true, true])
    assert.equal(await outcomes(0.81), [false, true, true, true, true])
    assert.equal(await outcomes(0.86), [false, false, true, true, true])
    assert.equal(await outcomes(0.91), [false, false, false, true, true])
    assert.equal(await outcomes(0.96), [false, false, false, false, true])
    assert.equal(await outcomes(0.93), [false, false, false, false, true], 'not at once')
    assert.equal(await outcomes(0.88), [false, false, false, true, true])
    assert.equal(await outcomes(0.78), [false, true, true, true, true])
    assert.equal(await outcomes(0.1), [true, true, true, true, true])
  })

  test('memory that is full shuts the door, but not for those who come back', async (defer) => {
    const { come, turnsOf, figure } = await setUp(defer, { memoryBytes: 16 * MIB })
    await turnsOf(QUIET, 3 * PERIOD_MS)
    assert.ok(figure('memory_share')! > 1)
    assert.equal([come(), come(true), figure('limit_connections')], ['E_BUSY', 'ok', 0])
  })

  test('explains itself: in the log when it begins and ends, in figures all the time', async (defer) => {
    const { come, count, lines, turnsOf, figure, join } = await setUp(defer)
    await turnsOf(6, 10_000, () => [come(), join()])
    const [begin] = lines.splice(0)
    assert.equal(begin!.sheds, ['connections'])
    assert.is(begin!.admission_turn_ms, 6)
    count(join)
    await turnsOf(6, 2 * PERIOD_MS)
    assert.equal(lines.splice(0)[0]!.sheds, ['connections', 'joins'])
    assert.is(figure('level'), 2)
    const [connections, joins] = [figure('shed_connections')!, figure('shed_joins')!]
    assert.ok(connections > 10 && joins > 500, `${connections}, ${joins}`)
    await turnsOf(QUIET, 6000)
    const [end, ...more] = lines
    assert.equal(end!.shed, { connections, joins, publishes: 0, signals: 0 })
    assert.equal([figure('level'), more.length], [0, 0])
  })
})

/** Keeps the loop busy with turns of so many milliseconds until the test ends. */
function burden(defer: Defer, ms: number): () => void {
  let isOver = false
  const work = () => {
    const end = performance.now() + ms
    while (performance.now() < end);
    if (!isOver) setImmediate(work)
  }
  defer(() => {
    isOver = true
  })
  work()
  return () => {
    isOver = true
  }
}

const figureOf = ({ server }: LiveServer, name: string) => server.stats.policyFigures[`admission_${name}`]!

for (const engine of ENGINES) {
  suite(`policy/admission: a server (${engine})`, (test) => {
    const busy = (defer: Defer, turnMs: object) =>
      liveServer(defer, engine, { plugins: { policy: [{ use: 'admission', options: { turnMs } }] } })

    /** Newcomers, some at a time, until one is told 503. */
    const refusedAtLast = async (live: LiveServer, options: ClientOptions = {}) => {
      for (let i = 0; i < 100; i++) {
        const clients = Array.from({ length: 20 }, () => live.dial(options))
        const answers = clients.map((client) => Promise.race([client.refused, client.next('welcome')]))
        const refused = (await Promise.all(answers)).find((answer) => 'status' in answer)
        for (const { socket } of clients) socket.terminate()
        if (refused !== undefined) return refused as { status: number; body: string }
      }
      throw new Error('everybody was let in')
    }

    test('too busy: newcomers get 503 and a time to come back, calls go on, who lost its socket comes back', async (defer) => {
      const live = await busy(defer, { connections: 0.5 })
      const [ada, bob] = [await live.client({ query: 'room=a' }), await live.client({ query: 'room=a' })]
      await ada.next('peer-joined')
      const relieve = burden(defer, 2)
      const { status, body } = await refusedAtLast(live)
      assert.equal([status, JSON.parse(body).code], [503, 'E_BUSY'])
      await bob.cut(live.server)
      ada.send({ type: 'candidate', room: 'a', to: bob.id, data: 'while you were away' })
      const again = live.dial({ resume: bob.resume })
      assert.is((await again.next('welcome')).session.resumed, true)
      assert.is((await again.next('candidate')).data, 'while you were away')
      relieve()
      assert.ok(figureOf(live, 'shed_connections') > 0)
      assert.is(live.server.stats.refused.E_BUSY, figureOf(live, 'shed_connections'))
    })

    test('who comes with a ticket that nobody issued is a newcomer', async (defer) => {
      const live = await busy(defer, { connections: 0.5 })
      burden(defer, 2)
      assert.is((await refusedAtLast(live, { resume: `${'A'.repeat(32)}.0` })).status, 503)
    })

    test('busier: joins and messages to rooms are refused with a time to try again, candidates pass', async (defer) => {
      const live = await busy(defer, { connections: 0.5, joins: 0.5, publishes: 0.5 })
      const [ada, bob] = [await live.client({ query: 'room=a' }), await live.client({ query: 'room=a' })]
      await ada.next('peer-joined')
      const relieve = burden(defer, 2)
      const flood = setInterval(() => {
        for (let i = 0; i < 20; i++) {
          ada.send({ type: 'publish', room: 'a', data: 0 })
          ada.send({ type: 'join', room: 'b' })
          ada.send({ type: 'leave', room: 'b' })
        }
      }, 5)
      defer(() => clearInterval(flood))
      await until(() => figureOf(live, 'shed_joins') > 0, 'a join to be refused')
      await until(() => figureOf(live, 'shed_publishes') > 0, 'a message to be refused')
      clearInterval(flood)
      const { code, retryAfterMs } = await ada.next('error')
      assert.is(code, 'E_BUSY')
      assert.ok(retryAfterMs >= 1000)
      for (let i = 0; i < 100; i++) ada.send({ type: 'candidate', room: 'a', to: bob.id, data: i })
      for (let i = 0; i < 100; i++) assert.is((await bob.next('candidate')).data, i)
      relieve()
    })
  })
}
