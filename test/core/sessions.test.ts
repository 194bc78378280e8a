import { pino } from 'pino'
import * as assert from 'uvu/assert'
import { CoarseClock } from '../../core/coarse-clock.js'
import type { HubEvent } from '../../core/contracts/observer.js'
import type { Policy } from '../../core/contracts/policy.js'
import { Egress } from '../../core/egress.js'
import { createEngine } from '../../core/engine/create.js'
import { SignalError } from '../../core/errors.js'
import { Observers } from '../../core/observers.js'
import { encodePeerId } from '../../core/peer-id.js'
import { Policies } from '../../core/policies.js'
import { Rooms } from '../../core/rooms.js'
import { Sessions } from '../../core/sessions.js'
import { Stats } from '../../core/stats.js'
import { FakeClock } from '../contract/fake-clock.js'
import { FakeConnection } from '../contract/fake-connection.js'
import { egressLimits } from '../egress-limits.js'
import { ENGINES, suite } from '../suite.js'

const ADA = { id: 'ada', grants: {} }
const LIMITS = { roomsPerPeer: 4, membersPerRoom: 4, metadataBytes: 100 }

for (const name of ENGINES) {
  const setUp = (queuedBytes = 10_000, policies: readonly Policy[] = []) => {
    const engine = createEngine(name)
    const stats = new Stats()
    const events: HubEvent[] = []
    const logs: string[] = []
    const logger = pino({}, { write: (line: string) => void logs.push(line) })
    const observers = new Observers(
      [{ name: 'test', observer: { observe: (event) => void events.push(event) } }],
      logger,
    )
    const egress = new Egress(stats, egressLimits({ queuedBytes }))
    const rooms = new Rooms(engine, egress.log, LIMITS, observers, stats)
    const released: number[] = []
    const sessions = new Sessions({
      engine,
      egress,
      rooms,
      observers,
      policies: new Policies(policies, { engine, clock: new CoarseClock(new FakeClock()), logger }),
      stats,
      logger,
      release: (slot) => released.push(slot),
    })
    const open = (slot: number) => {
      const connection = new FakeConnection()
      return { connection, session: sessions.open(slot, encodePeerId(0, slot, 0, 1), ADA, connection) }
    }
    return { sessions, rooms, stats, events, logs, released, open }
  }

  suite(`sessions (${name})`, (test) => {
    test('an open session is found at its slot, counted and told', () => {
      const { sessions, open, stats, events } = setUp()
      const [first, second] = [open(3), open(0)]
      assert.is(sessions.at(3), first.session)
      assert.equal([...sessions], [second.session, first.session])
      assert.equal([stats.peers, stats.connections], [2, 2])
      assert.equal(
        events.map(({ type }) => type),
        ['connected', 'connected'],
      )
    })

    test('removing leaves the rooms, frees the slot, and does nothing the second time', () => {
      const { sessions, rooms, open, stats, released, events } = setUp()
      const [ada, bob] = [open(0), open(1)]
      rooms.enter(ada.session, 'a', 'null', 0)
      rooms.enter(bob.session, 'a', 'null', 0)
      for (let i = 0; i < 2; i++) sessions.remove(ada.session, 1006)
      bob.session.outbox.flush()
      assert.is(bob.connection.messages.filter(({ type }) => type === 'peer-left').length, 1)
      assert.equal(released, [0])
      assert.equal([stats.peers, stats.memberships], [1, 1])
      assert.equal(events.filter(({ type }) => type === 'disconnected').length, 1)
      assert.equal([...sessions], [bob.session])
    })

    test('a step that is refused answers its message, and the session goes on', () => {
      const { sessions, open, stats } = setUp()
      const { session, connection } = open(0)
      const refused = sessions.attempt(session, 7, () => {
        throw new SignalError('E_RATE', 'slow down', 1500.2)
      })
      assert.not(refused)
      assert.ok(sessions.attempt(session, 8, () => {}))
      session.outbox.flush()
      assert.equal(connection.messages, [
        { type: 'error', id: 7, code: 'E_RATE', message: 'slow down', retryAfterMs: 1501 },
      ])
      assert.equal([stats.refused.E_RATE, connection.closed], [1, undefined])
    })

    test('a mistake goes to the log, not to the client', () => {
      const { sessions, open, logs } = setUp()
      const { session, connection } = open(0)
      sessions.refuse(session, 0, new TypeError('secret'))
      session.outbox.flush()
      assert.equal((connection.messages[0] as { code: string }).code, 'E_INTERNAL')
      assert.not.match(JSON.stringify(connection.messages), /secret/)
      assert.match(logs.join(), /secret/)
    })

    test('failing says why, then closes with the code that says whether to come back', () => {
      for (const [code, close] of [
        ['E_BINARY', 1003],
        ['E_REFUSED', 4500],
        ['E_RATE', 4006],
      ] as const) {
        const { sessions, open, released } = setUp()
        const { session, connection } = open(0)
        for (let i = 0; i < 2; i++) sessions.fail(session, new SignalError(code))
        assert.equal(
          connection.messages.map((message) => 'code' in message && message.code),
          [code],
        )
        assert.is(connection.closed?.code, close)
        assert.equal(released, [0])
      }
    })

    test('a client that reads too slowly is ended once, without another frame', () => {
      const { open, stats, released } = setUp(1000)
      const { session, connection } = open(0)
      connection.queuedBytes = 1001
      session.outbox.tell(Buffer.from('frame'))
      assert.is(stats.queuedBytes, 1006)
      session.outbox.flush()
      assert.equal([connection.closed?.code, connection.writes.length, released], [4002, 0, [0]])
      assert.is(stats.refused.E_SLOW, 1)
      assert.is(stats.queuedBytes, 0)
    })
  })
}
