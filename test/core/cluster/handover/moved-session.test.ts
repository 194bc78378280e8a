import * as assert from 'uvu/assert'
import { fromBytes, type MovedSession, toBytes } from '../../../../core/cluster/handover/moved-session.js'
import { BadRecord } from '../../../../core/cluster/wire/records.js'
import { textFrame } from '../../../../core/egress/text-frame.js'
import { suite } from '../../../suite.js'

const moved: MovedSession = {
  saved: {
    id: 'A'.repeat(16),
    principal: { id: 'ada', grants: {} },
    address: '127.0.0.1',
    ticket: 't'.repeat(43),
    spentTicket: null,
    lastId: 7,
    lostCode: 1006,
    lostAt: 0,
    outbox: { sent: 3, written: 2, frames: [textFrame('{"n":2}'), textFrame('{"n":"три"}')] },
    refusals: [{ frame: textFrame('{"id":6}'), after: 1 }],
    rooms: [],
  },
  known: new Map([
    ['r', new Set(['a', 'b'])],
    ['s', new Set()],
  ]),
  switched: new Map([['node', ['r', 's']]]),
}

suite('moved-session', (test) => {
  test('a session goes through bytes and is the same', () => {
    assert.equal(fromBytes(toBytes(moved)), moved)
  })

  test('what no node would send is refused', () => {
    const { saved } = moved
    const changed = (change: object) => toBytes({ ...moved, saved: { ...saved, ...change } })
    for (const bytes of [
      Buffer.from(''),
      Buffer.from('{}'),
      Buffer.from('{}\n{}'),
      Buffer.from('{"known":{},"switched":{"node":[5]}}\n{}'),
      toBytes(moved).subarray(0, -1),
      changed({ ticket: 'short' }),
      changed({ lastId: -1 }),
      changed({ outbox: { ...saved.outbox, written: 4 } }),
      changed({ outbox: { ...saved.outbox, sent: 1, written: 1 } }),
      changed({ outbox: { ...saved.outbox, frames: [Buffer.from('no frame')] } }),
      changed({ refusals: [{ frame: Buffer.from('no frame'), after: 1 }] }),
    ]) {
      assert.throws(
        () => fromBytes(bytes),
        (error: Error) => error instanceof BadRecord,
      )
    }
  })
})
