import * as assert from 'uvu/assert'
import { Confirmations } from '../../../../core/cluster/delivery/confirmations.js'
import { Outward } from '../../../../core/cluster/delivery/outward.js'
import type { Link } from '../../../../core/cluster/links/link.js'
import { Abroad } from '../../../../core/cluster/presence/abroad.js'
import { PRESENCE } from '../../../../core/cluster/presence/presence-records.js'
import type { RemoteMember } from '../../../../core/cluster/presence/remote-member.js'
import { Share } from '../../../../core/cluster/presence/share.js'
import { createEngine } from '../../../../core/engine/create.js'
import { RIGHTS } from '../../../../core/engine/engine.js'
import { Stats } from '../../../../core/hub/stats.js'
import { encodePeerId } from '../../../../core/peer-id.js'
import { KINDS } from '../../../../core/protocol.js'
import { RoomRules } from '../../../../core/rooms/room-rules.js'
import { RoomTable } from '../../../../core/rooms/room-table.js'
import { Session } from '../../../../core/sessions/session.js'
import { SessionTable } from '../../../../core/sessions/session-table.js'
import { FakeConnection } from '../../../contract/fake-connection.js'
import { makeEgress } from '../../../make-session.js'
import { ENGINES, suite } from '../../../suite.js'

const BOTH = RIGHTS.signal | RIGHTS.publish
const REMOTE = encodePeerId(9, 5, 0, 1)
const GUEST = encodePeerId(9, 6, 0, 1)
const text = (message: object) => Buffer.from(JSON.stringify(message))

for (const name of ENGINES) {
  const setUp = () => {
    const engine = createEngine(name)
    const egress = makeEgress()
    const table = new RoomTable(engine, new Stats())
    const sessions = new SessionTable()
    const room = table.open('r', new RoomRules([], 9).of('r'))
    room.abroad = new Abroad()
    const enter = (slot: number, id: string) => {
      const connection = new FakeConnection()
      const open = () => egress.open(connection, { tooSlow() {}, lost() {} })
      const session = new Session(slot, id, { id: 'ada', grants: {} }, connection, open)
      engine.addPeer(slot, id)
      engine.join(slot, room.number, BOTH)
      sessions.add(session)
      session.memberships.set('r', room.add(session, 'null'))
      return { session, connection }
    }
    const sent: { type: number; head: Buffer; frame: Buffer }[] = []
    const link = {
      position: 4,
      confirmed: 0,
      send: (type: number, head: Buffer, frame: Buffer) =>
        void sent.push({ type, head: Buffer.from(head), frame }),
      sendFrame(type: number, head: Buffer, source: typeof engine) {
        const frame = Buffer.alloc(source.frameBytes + 64)
        source.writeFrame(frame, 0)
        sent.push({ type, head: Buffer.from(head), frame: frame.subarray(0, source.frameBytes) })
      },
    } as unknown as Link
    room.abroad.shares.push(new Share(link, room, 0x01020304))
    room.abroad.add({ id: REMOTE, principal: '', link } as RemoteMember)
    const confirmations = new Confirmations(() => {})
    const outward = new Outward({ engine, log: egress.log, table, sessions, confirmations })
    return {
      engine,
      outward,
      sent,
      ...enter(0, encodePeerId(1, 0, 0, 1)),
      guest: enter(1, GUEST),
      link,
      confirmations,
    }
  }

  suite(`outward (${name})`, (test) => {
    test('what is published goes over each link, and waits for it when it has an id', () => {
      const { engine, outward, sent, session } = setUp()
      engine.ingest(0, text({ type: 'publish', room: 'r', data: 1 }))
      assert.is(outward.aim(KINDS.publish), 1)
      outward.send(session, 3, undefined)
      assert.equal([sent.length, sent[0]!.type, [...sent[0]!.head]], [1, PRESENCE.frame, [1, 2, 3, 4]])
      assert.ok(sent[0]!.frame.includes('"publish"'))
      assert.is(session.ackedId, 2)
    })

    test('what is for one peer elsewhere goes there; what it was rewritten to, if it was', () => {
      const { engine, outward, sent, session } = setUp()
      engine.ingest(0, text({ type: 'offer', room: 'r', to: REMOTE, data: 1 }))
      assert.is(outward.aim(KINDS.offer), 1)
      outward.send(session, 0, undefined)
      outward.send(session, 0, Buffer.from('rewritten'))
      const head = Buffer.concat([Buffer.from([1, 2, 3, 4]), Buffer.from(REMOTE, 'base64url')])
      for (const one of sent) assert.equal([one.type, one.head], [PRESENCE.direct, head])
      assert.ok(sent[0]!.frame.includes('"offer"'))
      assert.is(sent[1]!.frame.toString(), 'rewritten')
      assert.is(session.unconfirmed, null)
    })

    test('a session that came from another node is found here by the id that it kept', () => {
      const { engine, outward, sent, session, guest } = setUp()
      engine.ingest(0, text({ type: 'signal', room: 'r', to: GUEST, data: 'hi' }))
      assert.equal([engine.recipientCount, outward.aim(KINDS.signal)], [0, 1])
      outward.send(session, 1, undefined)
      guest.session.outbox.flush()
      assert.equal(
        guest.connection.messages.map(({ type }) => type),
        ['signal'],
      )
      assert.equal([sent, session.unconfirmed], [[], null])
    })

    test('nobody is aimed at who is a member here, or nowhere', () => {
      const { engine, outward, session, sent } = setUp()
      for (const to of [session.id, encodePeerId(9, 7, 0, 1)]) {
        engine.ingest(1, text({ type: 'signal', room: 'r', to, data: 1 }))
        assert.is(outward.aim(KINDS.signal), 0)
        outward.send(session, 0, undefined)
      }
      assert.equal(sent, [])
    })
  })
}
