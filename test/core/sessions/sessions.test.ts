import { pino } from 'pino'
import * as assert from 'uvu/assert'
import { Stamps } from '../../../core/cluster/presence/stamps.js'
import { CoarseClock } from '../../../core/coarse-clock.js'
import type { HubEvent } from '../../../core/contracts/observer.js'
import type { Policy } from '../../../core/contracts/policy.js'
import { Egress } from '../../../core/egress/egress.js'
import { createEngine } from '../../../core/engine/create.js'
import { SignalError } from '../../../core/errors.js'
import { Observers } from '../../../core/hub/observers.js'
import { Policies } from '../../../core/hub/policies.js'
import { Stats } from '../../../core/hub/stats.js'
import { encodePeerId } from '../../../core/peer-id.js'
import { Returning } from '../../../core/resume/returning.js'
import { Doors } from '../../../core/rooms/doors.js'
import { RoomRules } from '../../../core/rooms/room-rules.js'
import { RoomTable } from '../../../core/rooms/room-table.js'
import { Rooms } from '../../../core/rooms/rooms.js'
import { SessionTable } from '../../../core/sessions/session-table.js'
import { Sessions } from '../../../core/sessions/sessions.js'
import { FakeClock } from '../../contract/fake-clock.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import { egressLimits } from '../../egress-limits.js'
import { ENGINES, suite } from '../../suite.js'

const ADA = { id: 'ada', grants: {} }
const LIMITS = { roomsPerPeer: 4, metadataBytes: 100 }

for (const name of ENGINES) {
  const setUp = (
    { queuedBytes = 10_000, detachedBytes = 1_000_000 } = {},
    policies: readonly Policy[] = [],
  ) => {
    const clock = new FakeClock()
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
    const { log } = egress
    const rules = new RoomRules([], 4)
    const table = new RoomTable(engine, stats)
    const stamps = new Stamps()
    const rooms = new Rooms({ engine, log, table, stamps, limits: LIMITS, rules, clock, observers, stats })
    const released: number[] = []
    const doors = new Doors({ rooms, table, rules, stamps })
    const sessions = new Sessions({
      table: new SessionTable(),
      engine,
      egress,
      rooms,
      observers,
      policies: new Policies(policies, { engine, clock: new CoarseClock(clock), logger }),
      stats,
      clock,
      logger,
      limits: { resumeMs: 30_000, detachedBytes },
      release: (slot) => released.push(slot),
    })
    const open = (slot: number) => {
      const connection = new FakeConnection()
      return { connection, session: sessions.open(slot, encodePeerId(0, slot, 0, 1), ADA, connection) }
    }
    /** One that can be resumed, and its ticket. */
    const openWithTicket = (slot: number) => {
      const opened = open(slot)
      return { ...opened, ticket: sessions.tickets.issue(opened.session) }
    }
    const returning = new Returning(sessions.tickets)
    return { clock, sessions, returning, rooms, doors, stats, events, logs, released, open, openWithTicket }
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
      const { sessions, doors, open, stats, released, events } = setUp()
      const [ada, bob] = [open(0), open(1)]
      doors.arrive(ada.session, 'a', 'null', 0)
      doors.arrive(bob.session, 'a', 'null', 0)
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
      const { open, stats, released } = setUp({ queuedBytes: 1000 })
      const { session, connection } = open(0)
      connection.queuedBytes = 1001
      session.outbox.tell(Buffer.from('frame'))
      assert.is(stats.queuedBytes, 1006)
      session.outbox.flush()
      assert.equal([connection.closed?.code, connection.writes.length, released], [4002, 0, [0]])
      assert.is(stats.refused.E_SLOW, 1)
      assert.is(stats.queuedBytes, 0)
    })

    test('a lost socket detaches: the rooms hear nothing, and peer-left comes once, after resumeMs', () => {
      const { clock, sessions, doors, stats, events, released, open, openWithTicket } = setUp()
      const [ada, bob] = [openWithTicket(0), open(1)]
      doors.arrive(ada.session, 'a', 'null', 0)
      doors.arrive(bob.session, 'a', 'null', 0)
      for (let i = 0; i < 2; i++) sessions.gone(ada.session, 1006)
      const left = () => {
        bob.session.outbox.flush()
        return bob.connection.messages.filter(({ type }) => type === 'peer-left').length
      }
      clock.advance(29_999)
      sessions.sweep()
      assert.equal([left(), stats.peers, stats.detached, released], [0, 2, 1, []])
      clock.advance(1)
      for (let i = 0; i < 2; i++) sessions.sweep()
      assert.equal([left(), stats.peers, stats.detached, released], [1, 1, 0, [0]])
      assert.equal(
        events.slice(-3).map(({ type }) => type),
        ['detached', 'left', 'disconnected'],
      )
      assert.is((events.at(-1) as { code: number }).code, 1006)
    })

    test('a client that takes its leave, or has no ticket, ends at once', () => {
      for (const code of [1000, 1001, 1005]) {
        const { sessions, openWithTicket, released } = setUp()
        sessions.gone(openWithTicket(0).session, code)
        assert.equal(released, [0], `${code}`)
      }
      for (const code of [1006, 3000, 4999, 1002]) {
        const { sessions, openWithTicket, open, released } = setUp()
        sessions.gone(openWithTicket(0).session, code)
        sessions.gone(open(1).session, code)
        assert.equal(released, [1], `${code}`)
      }
    })

    test('a slow reader with a ticket loses its socket, not its session', () => {
      const { openWithTicket, stats, released } = setUp({ queuedBytes: 1000 })
      const { session, connection } = openWithTicket(0)
      connection.queuedBytes = 1001
      session.outbox.tell(Buffer.from('frame'))
      session.outbox.flush()
      assert.equal(
        [connection.closed?.code, stats.detached, stats.refused.E_SLOW, released],
        [4002, 1, 1, []],
      )
    })

    test('what all detached sessions keep is bounded: the oldest go first', () => {
      const { sessions, doors, rooms, stats, open, openWithTicket, released } = setUp({ detachedBytes: 3000 })
      const talker = open(0)
      doors.arrive(talker.session, 'a', '"x"', 0)
      for (const slot of [1, 2, 3]) {
        const { session } = openWithTicket(slot)
        doors.arrive(session, 'a', `"${'x'.repeat(90)}"`, 0)
        session.outbox.flush()
        sessions.detach(session, 1006)
      }
      assert.ok(stats.detachedBytes > 0)
      for (let i = 0; stats.detachedBytes <= 3000; i++) {
        assert.ok(i < 100)
        rooms.update([...talker.session.memberships.values()][0]!, `"${'y'.repeat(90)}"`)
      }
      sessions.sweep()
      assert.equal(released, [1])
      assert.ok(stats.detachedBytes <= 3000)
      for (const slot of [2, 3]) sessions.remove(sessions.at(slot)!, 1006)
      assert.equal([stats.detachedBytes, stats.detached], [0, 0])
    })

    test('a ticket finds its session for its owner with a seen that can be right, and for nobody else', () => {
      const { returning, openWithTicket } = setUp()
      const { session, ticket } = openWithTicket(0)
      assert.is(returning.find({ ticket, seen: 0 }, ADA), session)
      for (const seen of [1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        assert.is(returning.find({ ticket, seen }, ADA), undefined, `${seen}`)
      }
      for (const wrong of ['', 'x', `${ticket}=`, ticket.toLowerCase(), session.ticket!, 'x'.repeat(1e6)]) {
        assert.is(returning.find({ ticket: wrong, seen: 0 }, ADA), undefined)
      }
      for (const principal of [{ id: 'eve', grants: {} }]) {
        assert.is(returning.find({ ticket, seen: 0 }, principal), undefined)
      }
      assert.is(returning.find({ ticket, seen: 0 }, { ...ADA, expiresAt: 1e15 }), session)
    })

    test('a session that moves gets a new ticket; the spent one holds until the client is heard', () => {
      const { sessions, returning, openWithTicket } = setUp()
      const { session, ticket, connection } = openWithTicket(0)
      const second = new FakeConnection('10.0.0.2')
      const next = sessions.move(session, ticket, ADA, second)
      assert.is(connection.closed?.code, 4503)
      assert.is(session.address, '10.0.0.2')
      const found = (one: string) => returning.find({ ticket: one, seen: 0 }, ADA) === session
      assert.equal([found(ticket), found(next)], [true, true], 'the answer may not have arrived')
      sessions.tickets.confirm(session)
      assert.equal([found(ticket), found(next)], [false, true])
      const third = sessions.move(session, next, ADA, new FakeConnection())
      sessions.detach(session, 1006)
      assert.equal([found(next), found(third)], [true, true])
      const fourth = sessions.move(session, next, ADA, new FakeConnection())
      assert.equal([found(third), found(fourth)], [false, true])
      sessions.remove(session, 1000)
      assert.equal([ticket, next, third, fourth].map(found), [false, false, false, false])
    })

    test('refusals of numbered messages are kept for a client that may lack them, but only of those in turn', () => {
      const { sessions, openWithTicket } = setUp()
      const { session } = openWithTicket(0)
      sessions.refuse(session, 0, new SignalError('E_JSON'))
      sessions.refuse(session, 5, new SignalError('E_ORDER'))
      assert.is(session.refusals, null)
      sessions.refuse(session, 1, new SignalError('E_NO_PEER'))
      assert.is(session.refusals!.kept.length, 1)
    })
  })
}
