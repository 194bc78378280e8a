import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import * as records from '../../../../core/cluster/handover/handover-records.js'
import { BadRecord } from '../../../../core/cluster/wire/records.js'
import { Dice } from '../../../dice.js'
import { suite } from '../../../suite.js'

const id = (bytes: number) => randomBytes(bytes).toString('base64url')
const passage: records.Passage = { owner: id(12), move: 0xffffffff, id: id(12), rooms: ['kitchen', 'küche'] }
const who: records.Coming = {
  id: id(12),
  principal: { id: 'Ada "A"', grants: { publish: false, rooms: ['a*'] }, shared: true, expiresAt: 5 },
  address: '2001:db8::1',
  tickets: [id(32), id(32)],
  rooms: [{ name: 'küche', data: '{"name":"Ada"}', door: 'lobby', stamp: 2 ** 48 - 1, hidden: false }],
}
const comes = (change: object) => records.comingRecord(1, 2, { ...who, ...change } as records.Coming)

suite('handover-records', (test) => {
  test('everything is read as it was written', () => {
    const claimed = { claim: 7, hash: id(32), seen: 2 ** 48 - 1, principal: 'Ада' }
    assert.equal(records.readClaim(Buffer.from(records.claimRecord(claimed))), claimed)
    assert.equal(records.readRefused(records.refusedRecord(9, 2)), { claim: 9, why: 2 })
    const incarnation = id(12)
    assert.equal(records.readElsewhere(records.elsewhereRecord(9, incarnation)), { claim: 9, incarnation })
    assert.equal(records.readComing(comes({})), { claim: 1, move: 2, who })
    assert.equal(records.readPassage(records.passageRecord(passage)), passage)
    assert.equal(records.readMoving(records.movingRecord(passage, incarnation)), { passage, to: incarnation })
    const piece = Buffer.concat([records.pieceHead(4, true), Buffer.from('piece')])
    assert.equal(records.readPiece(piece), { move: 4, isLast: true, piece: Buffer.from('piece') })
    assert.is(records.readDeclined(records.declinedRecord(5)), 5)
  })

  test('whatever is cut off, too long or out of range is refused, and nothing else is thrown', () => {
    const all: [Buffer, (body: Buffer) => unknown][] = [
      [records.claimRecord({ claim: 7, hash: id(32), seen: 3, principal: 'ada' }), records.readClaim],
      [records.refusedRecord(9, 1), records.readRefused],
      [records.elsewhereRecord(9, id(12)), records.readElsewhere],
      [comes({}), records.readComing],
      [records.passageRecord(passage), records.readPassage],
      [records.movingRecord(passage, id(12)), records.readMoving],
      [records.pieceHead(1, false), records.readPiece],
      [records.declinedRecord(5), records.readDeclined],
    ].map(([body, read]) => [Buffer.from(body as Buffer), read as (body: Buffer) => unknown])
    const dice = new Dice(6)
    for (const [body, read] of all) {
      for (let length = 0; length < body.length; length++) {
        assert.throws(
          () => read(body.subarray(0, length)),
          (error: Error) => error instanceof BadRecord,
        )
      }
      if (read !== records.readPiece) {
        assert.throws(
          () => read(Buffer.concat([body, Buffer.of(1)])),
          (error: Error) => error instanceof BadRecord,
        )
      }
      for (let i = 0; i < 500; i++) {
        const flipped = Buffer.from(body)
        flipped[dice.roll(body.length)] = dice.roll(256)
        try {
          read(flipped)
        } catch (error) {
          assert.instance(error, BadRecord)
        }
      }
    }
  })

  test('a session that no node would send is refused', () => {
    const [room] = who.rooms
    for (const change of [
      { id: 'short' },
      { principal: { id: 5, grants: {} } },
      { principal: { id: 'ada', grants: { everything: true } } },
      { tickets: ['not a hash'] },
      { rooms: [{ ...room, name: '' }] },
      { rooms: [{ ...room, name: 'x'.repeat(129) }] },
      { rooms: [{ ...room, data: '{' }] },
      { rooms: [{ ...room, door: 'ajar' }] },
      { rooms: [{ ...room, stamp: -1 }] },
      { rooms: Array.from({ length: 17 }, () => room) },
    ]) {
      assert.throws(
        () => records.readComing(comes(change)),
        (error: Error) => error instanceof BadRecord,
        JSON.stringify(change),
      )
    }
  })
})
