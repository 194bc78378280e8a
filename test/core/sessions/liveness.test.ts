import * as assert from 'uvu/assert'
import { textFrame } from '../../../core/egress/text-frame.js'
import type { ErrorCode } from '../../../core/errors.js'
import { Fanout } from '../../../core/hub/fanout.js'
import { Liveness } from '../../../core/sessions/liveness.js'
import type { Session } from '../../../core/sessions/session.js'
import { FakeClock } from '../../contract/fake-clock.js'
import { makeSession } from '../../make-session.js'
import { type Defer, suite } from '../../suite.js'

/** As the liveness has it for these. */
const SWEEP_MS = 500
const PING_MS = 10_000
const PONG_MS = 5000
const STALL_MS = 5000

function setUp(defer: Defer, expiresAt?: number) {
  const clock = new FakeClock()
  const principal = { id: 'ada', grants: {}, ...(expiresAt === undefined ? {} : { expiresAt }) }
  const { session, connection } = makeSession(0, principal)
  const sessions = new Set([session])
  const ended: ErrorCode[] = []
  const sweeps: number[] = []
  const end = (one: Session, code: ErrorCode) => {
    ended.push(code)
    sessions.delete(one)
  }
  const liveness = new Liveness(
    { pingMs: PING_MS, pongMs: PONG_MS, resumeMs: 30_000, stallMs: STALL_MS },
    clock,
    {
      [Symbol.iterator]: () => sessions[Symbol.iterator](),
      end,
      dismiss: end,
      sweep: () => void sweeps.push(clock.monotonic()),
    },
    new Fanout({ amplification: 1, amplificationBytes: 1 }),
  )
  liveness.start()
  defer(() => liveness.stop())
  /** Lets time pass, sweep by sweep, and gives the socket what each tick brought. */
  const pass = (ms: number, each: () => void = () => {}) => {
    for (let passed = 0; passed < ms; passed += SWEEP_MS) {
      each()
      clock.advance(SWEEP_MS)
      session.outbox.flush()
    }
  }
  /** As the dispatch does for whatever a client sends. */
  const hear = () => {
    session.silentSweeps = 0
    session.pinged = false
  }
  const tell = () => session.outbox.tell(textFrame('{}'))
  const pings = () => connection.messages.filter(({ type }) => type === 'ping').length
  return { clock, session, connection, ended, sweeps, pass, hear, tell, pings, liveness }
}

suite('liveness', (test) => {
  test('a client that is silent is asked after pingMs, and ended pongMs later', (defer) => {
    const { pass, pings, ended } = setUp(defer)
    pass(PING_MS - 1000)
    assert.is(pings(), 0)
    pass(1000)
    assert.is(pings(), 1)
    pass(PONG_MS - 1000)
    assert.equal([pings(), ended], [1, []])
    pass(1000)
    assert.equal(ended, ['E_SILENT'])
    pass(60_000)
    assert.is(ended.length, 1)
  })

  test('a client that answers each ping stays', (defer) => {
    const { pass, pings, ended, hear, session } = setUp(defer)
    let answered = 0
    pass(100_000, () => {
      if (pings() > answered) {
        answered = pings()
        hear()
      }
    })
    assert.equal(ended, [])
    assert.ok(answered >= 8, `${answered} pings`)
    assert.ok(session.silentSweeps <= 21)
  })

  test('a silent client is asked once, even while others have much to tell it', (defer) => {
    const { pass, pings, ended, tell } = setUp(defer)
    pass(PING_MS + PONG_MS - 1000, tell)
    assert.equal([pings(), ended], [1, []])
    pass(1000, tell)
    assert.equal(ended, ['E_SILENT'])
  })

  test('a busy client to whom nobody speaks is pinged too: it wants to notice a dead server', (defer) => {
    const { pass, pings, ended, hear } = setUp(defer)
    pass(PING_MS * 3, hear)
    assert.ok(pings() >= 2, `${pings()} pings`)
    assert.equal(ended, [])
  })

  test('no pings where both sides talk', (defer) => {
    const { pass, pings, ended, hear, tell } = setUp(defer)
    pass(PING_MS * 5, () => {
      hear()
      tell()
    })
    assert.equal([pings(), ended], [0, []])
  })

  test('a socket that takes nothing of what waits for it is closed after stallMs, however talkative the client', (defer) => {
    const { session, connection, pass, ended, hear, tell } = setUp(defer)
    connection.queuedBytes = 100
    pass(1000, hear) // the first look has nothing to compare with
    pass(STALL_MS - 1000, hear)
    assert.equal(ended, [])
    connection.queuedBytes = 99
    pass(STALL_MS, hear)
    assert.equal(ended, [], 'it has taken a byte')
    connection.queuedBytes = 0
    pass(10 * STALL_MS, hear)
    assert.equal(ended, [], 'nothing waits')
    connection.queuedBytes = 50
    pass(10 * STALL_MS, () => {
      hear()
      tell()
    })
    assert.equal(ended, [], 'as much is taken as is given')
    pass(STALL_MS, () => {
      hear()
      tell()
      session.outbox.flush()
      connection.queuedBytes = 1000 + session.outbox.writtenBytes
    })
    pass(1000, hear)
    assert.equal(ended, ['E_SLOW'])
  })

  test('what a peer has caused fades', (defer) => {
    const { session, pass, hear } = setUp(defer)
    session.bytesIn = 100
    session.bytesOut = 1000
    pass(10_000, hear)
    assert.ok(session.bytesOut < 400 && session.bytesOut > 300, `${session.bytesOut}`)
    assert.ok(session.bytesIn < 40 && session.bytesIn > 30)
  })

  test('a token that expires ends the connection, talkative or not', (defer) => {
    const { pass, ended, hear } = setUp(defer, FakeClock.EPOCH + 30_000)
    pass(29_000, hear)
    assert.equal(ended, [])
    pass(1000, hear)
    assert.equal(ended, ['E_EXPIRED'])
  })

  test('a session without a socket is not pinged, and its silence is no offence; detached ones are swept', (defer) => {
    const { session, pass, pings, ended, sweeps } = setUp(defer)
    session.connection = null
    pass(5 * (PING_MS + PONG_MS))
    assert.equal([pings(), ended, sweeps.length], [0, [], 150])
  })

  test('a token that expires ends a session without a socket too', (defer) => {
    const { session, pass, ended } = setUp(defer, FakeClock.EPOCH + 3000)
    session.connection = null
    pass(3000)
    assert.equal(ended, ['E_EXPIRED'])
  })

  test('stop leaves no timer', (defer) => {
    const { clock, liveness } = setUp(defer)
    assert.is(clock.pending, 1)
    liveness.stop()
    liveness.stop()
    assert.is(clock.pending, 0)
  })
})
