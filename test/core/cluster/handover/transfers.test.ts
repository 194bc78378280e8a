import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import { HANDOVER, readPiece } from '../../../../core/cluster/handover/handover-records.js'
import { Transfers } from '../../../../core/cluster/handover/transfers.js'
import { suite } from '../../../suite.js'
import { RecordedLink } from '../recorded-link.js'

const MIB = 1024 * 1024

suite('transfers', (test) => {
  test('what is sent in pieces is the same in the end, whatever its size', () => {
    for (const size of [1, 65_535, 65_536, 65_537, 300_000]) {
      const link = new RecordedLink()
      const bytes = randomBytes(size)
      new Transfers().send(link, 7, bytes)
      const pieces = link.sent.map(({ type, body }) => {
        assert.is(type, HANDOVER.session)
        return readPiece(body)
      })
      assert.equal(Buffer.concat(pieces.map(({ piece }) => piece)), bytes)
      assert.equal(
        pieces.map(({ move, isLast }) => [move, isLast]),
        pieces.map((_, i) => [7, i === pieces.length - 1]),
      )
    }
  })

  test('no more is under way than two mebibytes; the rest follows as it is confirmed', () => {
    const link = new RecordedLink()
    const transfers = new Transfers()
    for (let move = 0; move < 5; move++) transfers.send(link, move, Buffer.alloc(MIB))
    assert.is(link.sent.length, 32)
    link.confirmed = 16
    transfers.confirmed(link)
    assert.is(link.sent.length, 48)
    for (let i = 0; i < 5; i++) {
      link.confirmed = link.sent.length
      transfers.confirmed(link)
    }
    assert.is(link.sent.length, 80)
    assert.equal([...new Set(link.sent.map(({ body }) => readPiece(body).move))], [0, 1, 2, 3, 4])
  })

  test('a link that is lost takes what waits for it along', () => {
    const link = new RecordedLink()
    const transfers = new Transfers()
    transfers.send(link, 1, Buffer.alloc(3 * MIB))
    transfers.down(link)
    link.confirmed = link.sent.length
    transfers.confirmed(link)
    assert.is(link.sent.length, 32)
  })
})
